package dataset

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestWeights reads weights of rows, by name and by index.
func TestWeights(t *testing.T) {
	const text = "u,n,v,y\n1,2,10,0\n2,0,x,1\n3,1,20,1\n5,1.5,30,1\n7,3,,0\n"
	for _, column := range []string{"n", "1", "-3"} {
		set, err := ReadCSV(strings.NewReader(text), "t.csv", Columns{Label: "y", Weights: column, Missing: MissingDrop})
		same(t, column, set, err, "u v", []float64{0, 1, 1}, 1, 10, 3, 20, 5, 30)
		if err == nil && !slices.Equal(set.Weights, []float64{2, 1, 1.5}) {
			t.Errorf("weights %v", set.Weights)
		}
		want := `t.csv: 3 of 5 rows (1 of weight 0 left out, 1 with missing values dropped), 2 features u, v; weights of column "n", 4.5 in all; y = 1: 2.5, y = 0: 2`
		if err == nil && set.Taken != want {
			t.Errorf("taken  %s\nwanted %s", set.Taken, want)
		}
	}
	// Of an array, and of a Parquet file.
	x := npyFile(1, "<f8", true, "(3, 2)", []float64{1, 5, 9, 2, 4, 7})
	y, n := npyFile(1, "<i8", false, "(3,)", []int64{0, 1, 1}), npyFile(1, "<u2", false, "(3,)", []uint16{4, 0, 65535})
	src := archive(t, "X", x, "n", n, "y", y)
	set, err := ReadNPZ(bytes.NewReader(src), int64(len(src)), "t.npz", Columns{Label: "y", Weights: "n"})
	same(t, "an NPZ file", set, err, "X[0] X[1]", []float64{0, 1}, 1, 2, 9, 7)
	if err == nil && !slices.Equal(set.Weights, []float64{4, 65535}) {
		t.Errorf("weights %v", set.Weights)
	}
	src = parquetFile(t, parquetRows())
	set, err = ReadParquet(bytes.NewReader(src), int64(len(src)), "t.parquet", Columns{Label: "Flag", Weights: "Optional", Features: []string{"Double"}, Missing: MissingDrop})
	same(t, "a Parquet file", set, err, "Double", []float64{0, 1, 1, 0, 1, 0}, 0, -1.25, -3.75, -5, -6.25, -7.5)
	if err == nil && !slices.Equal(set.Weights, []float64{0.5, 1.5, 3.5, 4.5, 5.5, 6.5}) {
		t.Errorf("weights %v", set.Weights)
	}
	_, err = ReadParquet(bytes.NewReader(src), int64(len(src)), "t.parquet", Columns{Label: "Flag", Weights: "Small", Features: []string{"Double"}})
	if want := `t.parquet: row 1, column "Small" holds "-1", want a weight: a finite number of at least 0`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	// A sample's rows keep theirs.
	sample, err := ReadCSV(strings.NewReader(text), "t.csv", Columns{Label: "y", Features: []string{"u"}, Weights: "n", Sample: 3, SampleSeed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range sample.Weights {
		if of := map[float64]float64{1: 2, 3: 1, 5: 1.5, 7: 3}; len(sample.Weights) != 3 || of[sample.X.At(i, 0)] != w {
			t.Errorf("sample %v, weights %v", sample.X, sample.Weights)
		}
	}
	for _, bad := range []struct{ text, weights, want string }{
		{"u,n,y\n1,1,0\n2,-1,1\n", "n", `t.csv:3:3: column "n" holds "-1", want a weight: a finite number of at least 0`},
		{"u,n,y\n1,1,0\n2,inf,1\n", "n", `t.csv:3:3: column "n" holds "inf", want a weight`},
		{"u,n,y\n1,1,0\n2,two,1\n", "n", `t.csv:3:3: column "n" holds "two", want a weight`},
		{"u,n,y\n1,1,0\n2,nan,1\n", "n", `t.csv:3:3: column "n" has a missing value, want a weight`},
		{"u,n,y\n1,0,0\n2,0,1\n", "n", `t.csv:1:3: column "n" has the weight 0 in all rows`},
		{"u,n,y\n1,1,0\n2,1,1\n", "m", `no column "m" for the weights, want one of: "u", "n", "y"`},
		{"u,n,y\n1,1,0\n2,1,1\n", "y", `column "y" is the label and cannot be the weights too`},
	} {
		_, err := ReadCSV(strings.NewReader(bad.text), "t.csv", Columns{Label: "y", Weights: bad.weights})
		if err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%q: %v, want %s", bad.text, err, bad.want)
		}
	}
	_, err = ReadCSV(strings.NewReader(text), "t.csv", Columns{Label: "y", Weights: "n", Features: []string{"u", "n"}})
	if err == nil || !strings.Contains(err.Error(), "cannot be a feature too") {
		t.Errorf("the weights as a feature: %v", err)
	}
}

// TestCounts has counts be as many rows, in means, deviations and what is missing.
func TestCounts(t *testing.T) {
	const counts = "u,v,n,y\n1,0.5,3,0\n2,,2,1\n4,0.25,1,1\n"
	const rows = "u,v,y\n1,0.5,0\n1,0.5,0\n1,0.5,0\n2,,1\n2,,1\n4,0.25,1\n"
	c := Columns{Label: "y", Missing: MissingMean, Standardize: true}
	many, err := ReadCSV(strings.NewReader(rows), "t.csv", c)
	if err != nil {
		t.Fatal(err)
	}
	c.Weights = "n"
	few, err := ReadCSV(strings.NewReader(counts), "t.csv", c)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range []int{0, 3, 5} {
		for j := range 2 {
			if got, want := few.X.At(i, j), many.X.At(row, j); math.Abs(got-want) > 1e-14 {
				t.Errorf("row %d: %v, of the rows one by one %v", i, got, want)
			}
		}
	}
	for j := range 2 {
		if math.Abs(few.Means[j]-many.Means[j]) > 1e-14 || math.Abs(few.Deviations[j]-many.Deviations[j]) > 1e-14 {
			t.Errorf("means %v %v, deviations %v %v", few.Means, many.Means, few.Deviations, many.Deviations)
		}
	}
}
