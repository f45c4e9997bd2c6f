package dataset

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// tenFeatures is a row of a Parquet file with as many columns as the benchmarks' text.
type tenFeatures struct {
	A, B, C, D, E, F, G, H, I, J float64
	Y                            int64
}

// benchRows is how many rows of 11 columns the benchmarks read.
const benchRows = 1_000_000

// benchFiles writes the same rows as text and as Parquet.
func benchFiles(b *testing.B) (text, columns string) {
	r := rand.New(rand.NewPCG(1, 2))
	var csv bytes.Buffer
	csv.WriteString("a,b,c,d,e,f,g,h,i,j,y\n")
	rows := make([]tenFeatures, benchRows)
	for i := range rows {
		v := &rows[i]
		v.Y = int64(i % 2)
		for _, x := range []*float64{&v.A, &v.B, &v.C, &v.D, &v.E, &v.F, &v.G, &v.H, &v.I, &v.J} {
			*x = r.NormFloat64()
			csv.Write(strconv.AppendFloat(csv.AvailableBuffer(), *x, 'g', -1, 64))
			csv.WriteByte(',')
		}
		fmt.Fprintf(&csv, "%d\n", v.Y)
	}
	dir := b.TempDir()
	text, columns = filepath.Join(dir, "a.csv"), filepath.Join(dir, "a.parquet")
	if err := os.WriteFile(text, csv.Bytes(), 0o666); err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(columns)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := parquet.NewGenericWriter[tenFeatures](f, parquet.Compression(&parquet.Snappy))
	if _, err := w.Write(rows); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return text, columns
}

// BenchmarkLoad reads a million rows of ten features and a label: 88 MB of numbers. It
// reports the memory that the program has of the system, of the greatest so far.
func BenchmarkLoad(b *testing.B) {
	text, columns := benchFiles(b)
	for _, c := range []struct{ name, path, label string }{{"csv", text, "y"}, {"parquet", columns, "Y"}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				set, err := Load(c.path, Columns{Label: c.label})
				if err != nil {
					b.Fatal(err)
				}
				if n, d := set.X.Dims(); n != benchRows || d != 10 {
					b.Fatal(n, d)
				}
			}
			sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
			metrics.Read(sample)
			b.ReportMetric(float64(sample[0].Value.Uint64())/1e6, "MB")
		})
	}
}
