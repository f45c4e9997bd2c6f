package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"losscape/cmd/losscape/gridfile"
	"losscape/cmd/losscape/netcdf"
	"losscape/cmd/losscape/table"
)

// python returns a Python that has the libraries which read our files. make test-interop,
// which sets INTEROP=1 and installs them, fails without; make test-long runs these tests
// where they are, and make test never does.
func python(t *testing.T) string {
	t.Helper()
	wanted := os.Getenv("INTEROP") == "1"
	if !wanted && !long() {
		t.Skip("for make test-interop")
	}
	serial(t)
	why := []string{"no python3 was found"}
	for _, name := range []string{"/usr/bin/python3", "python3"} { // Debian's packages are the first one's
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		missing, err := exec.Command(path, "testdata/interop.py", "modules").Output()
		switch list := strings.TrimSpace(string(missing)); {
		case err != nil:
			why = append(why, path+": "+err.Error())
		case list != "":
			why = append(why, path+" lacks "+list)
		default:
			return path
		}
	}
	text := strings.Join(why, "; ") + ": make test-interop installs what is missing on Debian and Ubuntu"
	if wanted {
		t.Fatal(text)
	}
	t.Skip(text)
	return ""
}

// TestInterop has NumPy, SciPy, netCDF4, xarray, pandas and VTK read grids and sweeps in every
// format, and wants the same bits.
func TestInterop(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	data := filepath.Join(dir, "flowers.csv")
	scene := filepath.Join(dir, "flowers.toml")
	for path, text := range map[string]string{
		data:  "Länge (cm),breadth,species\n1,2,setosa\n3,1,virginica\n2,2,setosa\n1,0.5,virginica\n",
		scene: "title = \"Blüten — 'a' <b> & \\\"c\\\" -- 𝛼\"\n[data]\nfile = \"flowers.csv\"\nlabel = \"species\"\npositive = \"setosa\"\n[landscape]\nplane = \"hessian\"\norigin = \"zero\"\n[[run]]\nsteps = 6\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	do := func(args ...string) {
		t.Helper()
		if code, _, stderr := losscape(t, append(args, "--backend", "cpu")...); code != exitDone {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	type gridCase struct {
		Stem string         `json:"stem"`
		Name string         `json:"name"`
		Meta map[string]any `json:"meta"`
	}
	type sweepCase struct {
		Stem    string   `json:"stem"`
		Dims    []string `json:"dims"`
		Weights []string `json:"weights"`
	}
	var files struct {
		Grids  []gridCase  `json:"grids"`
		Sweeps []sweepCase `json:"sweeps"`
	}
	title := "Blüten — 'a' <b> & \"c\" -- 𝛼"
	for _, c := range []struct {
		gridCase
		args []string
	}{
		{gridCase{"loss", "loss", map[string]any{"title": title, "of": "loss", "precision": "float32", "plane": "hessian"}}, []string{scene, "--size", "33x17"}},
		{gridCase{"far", "loss", map[string]any{"title": title, "weight_names": []string{"Länge (cm)", "breadth", "bias"}}}, []string{scene, "--size", "9x8", "--x=-1e39:1e39"}},
		{gridCase{"gradient", "gradient", map[string]any{"scene": "one-mode", "of": "gradient"}}, []string{"one-mode", "--size", "7x11", "--of", "gradient"}},
		{gridCase{"double", "gradient", map[string]any{"precision": "float64"}}, []string{scene, "--size", "12x5", "--of", "gradient", "--precision", "double"}},
		{gridCase{"accuracy", "accuracy", map[string]any{"precision": "float64"}}, []string{"one-mode", "--size", "6", "--of", "accuracy", "--precision", "double"}},
	} {
		for _, f := range gridfile.Formats() {
			do(append([]string{"grid", "-o", filepath.Join(dir, c.Stem+f.Ending)}, c.args...)...)
		}
		files.Grids = append(files.Grids, c.gridCase)
	}
	for _, c := range []struct {
		sweepCase
		args []string
	}{
		{sweepCase{"two", []string{"lr", "l2"}, []string{"w1", "w2"}}, []string{"one-mode", "--over", "lr=0.1:1e6:9:log", "--over", "l2=1e-4:1:5:log", "--steps", "120", "--limit", "1e300"}},
		{sweepCase{"one", []string{"max_steps"}, []string{"w1", "breadth", "bias"}}, []string{scene, "--over", "steps=1:40:14", "--with", "distance", "--l2", "0.1"}},
		{sweepCase{"three", []string{"start_w1", "lr", "start_breadth"}, []string{"w1", "breadth", "bias"}}, []string{scene, "--over", "w1=-1:1:3", "--over", "lr=30,3,0.5", "--over", "breadth=0,1"}},
	} {
		for _, ext := range table.Extensions() {
			do(append([]string{"sweep", "-o", filepath.Join(dir, c.Stem+ext)}, c.args...)...)
		}
		files.Sweeps = append(files.Sweeps, c.sweepCase)
	}
	sparse(t, filepath.Join(dir, "large-record.nc"), true)
	sparse(t, filepath.Join(dir, "large-last.nc"), false)
	list, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "files.json"), list, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(py, "testdata/interop.py", "files", dir).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

// sparse makes a NetCDF file of more than 4 GiB that takes little of a disk: all values
// but the last are holes. They are records, or those of one variable, the last.
func sparse(t *testing.T, path string, record bool) {
	t.Helper()
	f := &netcdf.File{
		Dims: []netcdf.Dim{{Name: "y", Len: 40000, Record: record}, {Name: "x", Len: 30000}},
		Vars: []netcdf.Var{{Name: "first", Type: netcdf.Int}, {Name: "v", Type: netcdf.Float, Dims: []int{0, 1}}},
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var head bytes.Buffer
	w, err := netcdf.NewWriter(&head, f)
	if err != nil {
		t.Fatal(err)
	}
	io.CopyN(w, zeros{}, 4*30000) // so that the header leaves the buffer
	end := binary.BigEndian.AppendUint32(nil, math.Float32bits(7))
	_, err = file.Write(head.Bytes())
	_, last := file.WriteAt(end, int64(f.Bytes())-4)
	if err := errors.Join(err, last); err != nil {
		t.Fatal(err)
	}
}

// zeros has no end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestInteropGuide runs the lines of the README's guide for Python.
func TestInteropGuide(t *testing.T) {
	py := python(t)
	readme, err := filepath.Abs("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("testdata/interop.py")
	if err != nil {
		t.Fatal(err)
	}
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(program, filepath.Join(dir, "losscape")); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(py, script, "guide", readme)
	c.Dir = dir
	c.Env = append(os.Environ(), mainEnv+"=1", "MPLBACKEND=Agg", "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
