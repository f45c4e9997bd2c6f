package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const carsData = `[data]
file = "builtin:mtcars.csv"
label = "am"
features = ["wt"]
`

func TestFit(t *testing.T) {
	path := writeScene(t, carsData)
	code, out, _ := losscape(t, "fit", path, "--json")
	if code != exitDone {
		t.Fatal(code, out)
	}
	var r struct {
		Weights []struct {
			Name                      string
			Value, Standardized, Z, P float64
			StdError                  float64 `json:"std_error"`
		}
		Loss, Accuracy, Condition float64
		LogLikelihood             float64            `json:"log_likelihood"`
		LambdaMax                 float64            `json:"lambda_max"`
		LambdaMin                 float64            `json:"lambda_min"`
		StableBelow               map[string]float64 `json:"stable_below"`
		Separable                 string
		Certificate               map[string]any
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Weights) != 2 || r.Weights[0].Name != "wt" || r.Weights[1].Name != "bias" || math.Abs(r.Weights[0].Value+4.0239699621732) > 1e-9 {
		t.Errorf("weights %+v", r.Weights)
	}
	// R: summary(glm(am ~ wt, binomial, mtcars)) prints -4.024 1.436 -2.801 0.00509, by the
	// weights before its last step.
	if w := r.Weights[0]; math.Abs(w.StdError-1.436) > 1e-3 || math.Abs(w.Z+2.801) > 1e-3 || math.Abs(w.P-0.00509) > 1e-5 {
		t.Errorf("%+v", w)
	}
	if got := r.StableBelow["nesterov"] * r.LambdaMax; math.Abs(got-3.8/2.8) > 1e-9 || math.Abs(r.StableBelow["gd"]*r.LambdaMax-2) > 1e-9 || math.Abs(r.StableBelow["momentum"]*r.LambdaMax-3.8) > 1e-9 {
		t.Errorf("stable below %v", r.StableBelow)
	}
	if r.Separable != "no" || r.Certificate["proof"] == "" || math.Abs(r.Condition*r.LambdaMin-r.LambdaMax) > 1e-9 || math.Abs(r.LogLikelihood+32*r.Loss) > 1e-12 {
		t.Errorf("%+v", r)
	}
}

// TestFitStandardized wants the weights and errors of a scene of standardized features to
// be those of the features themselves.
func TestFitStandardized(t *testing.T) {
	type report struct {
		Weights []struct {
			Value, Standardized, Z float64
			StdError               float64 `json:"std_error"`
		}
		LambdaMax    float64 `json:"lambda_max"`
		Standardized bool    `json:"standardized_features"`
	}
	var of [2]report
	for i, more := range []string{"", "standardize = true\n"} {
		code, out, stderr := losscape(t, "fit", writeScene(t, carsData+more), "--json")
		if err := json.Unmarshal([]byte(out), &of[i]); err != nil || code != exitDone || of[i].Standardized != (i == 1) {
			t.Fatal(err, code, out, stderr)
		}
	}
	for j, want := range of[0].Weights {
		got := of[1].Weights[j]
		for _, v := range [][2]float64{{got.Value, want.Value}, {got.StdError, want.StdError}, {got.Z, want.Z}, {got.Standardized, want.Standardized}} {
			if math.Abs(v[0]-v[1]) > 1e-9*math.Abs(v[1]) {
				t.Errorf("weight %d: %+v, want %+v", j, got, want)
			}
		}
	}
	if of[0].LambdaMax == of[1].LambdaMax {
		t.Error("the Hessian is that of the features as they are")
	}
}

func TestFitSays(t *testing.T) {
	csv := "x,twice,y\n1,2,0\n2,4,0\n3,6,0\n3,6,1\n4,8,1\n"
	for _, c := range []struct {
		name, scene string
		args        []string
		want        []string
	}{
		{"minimum", carsData, nil, []string{"accuracy 0.9062 (29 of 32)", "λ_max 0.99622566", "stable below: gd 2.00758", "not separable"}},
		{"l2 of the weights", carsData + "[loss]\nl2 = 0.03125\npenalize = \"weights\"\n", nil, []string{"l2 0.03125 of all weights but the bias", "no standard errors"}},
		{"quasi-complete", "[data]\nfile = \"CSV\"\nlabel = \"y\"\nfeatures = [\"x\"]\n", nil,
			[]string{"There is no minimum", "quasi-completely separable: 3 samples are won for ever (rows 0, 1, 4), 2 lie on the border", "+∞", "−∞", "whole numbers"}},
		{"doubled", "[data]\nfile = \"CSV\"\nlabel = \"y\"\n", []string{"--l2", "0.1"},
			[]string{"twice is a multiple of x", "The samples determine 2 of 3 weights", "without the L2 term there is no minimum"}},
		{"complete", "two-mode", nil, []string{"completely separable: all 150", "greatest margin of weights of length 1: 0.082009359", "There is no minimum"}},
	} {
		path := c.scene
		if strings.Contains(c.scene, "[") {
			path = writeScene(t, strings.ReplaceAll(c.scene, "CSV", writeFile(t, "q.csv", csv)))
		}
		code, out, stderr := losscape(t, append([]string{"fit", path}, c.args...)...)
		for _, want := range c.want {
			if code != exitDone || !strings.Contains(out, want) {
				t.Errorf("%s: exit %d, %q is not in:\n%s%s", c.name, code, want, out, stderr)
			}
		}
	}
	for _, args := range [][]string{{"fit"}, {"fit", "one-mode", "--penalize", "bias"}, {"fit", "one-mode", "--l2", "-1"}, {"verify", "one-mode", "--known"}} {
		if code, _, stderr := losscape(t, args...); code != exitUsage {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
}

func TestVerifyKnown(t *testing.T) {
	code, out, stderr := losscape(t, "verify", "--known", "--backend", "cpu")
	if code != exitDone || !strings.Contains(out, "all 12 reach the known minima, on the CPU") {
		t.Error(code, out, stderr)
	}
	var r knownReport
	_, out, _ = losscape(t, "verify", "--known", "--backend", "cpu", "--json")
	if readReport(t, out, "verify-known", &r); !r.OK || len(r.Rows) != 12 || r.Rows[0].Why == "" {
		t.Errorf("%+v", r)
	}
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}
