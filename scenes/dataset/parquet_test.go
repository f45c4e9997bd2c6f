package dataset

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// parquetRow has a column of each kind that programs write.
type parquetRow struct {
	Double   float64
	Optional *float64
	Float    float32
	Repeats  float64 `parquet:",dict"`
	Byte     uint8
	Unsigned uint64
	Small    int32
	Decimal  int64   `parquet:",decimal(2:10)"`
	Flag     *bool   `parquet:",optional"`
	Kind     *string `parquet:",dict"`
	Text     string
	When     time.Time
	List     []int64
	Index    int64 `parquet:"__index_level_0__"`
}

// parquetFile returns a file of rows, in row groups of three.
func parquetFile[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, append(options, parquet.MaxRowsPerRowGroup(3))...)
	for _, r := range rows {
		if _, err := w.Write([]T{r}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// parquetRows are seven rows, of which the third has no optional value, and the fifth no kind.
func parquetRows() []parquetRow {
	rows := make([]parquetRow, 7)
	for i := range rows {
		v, flag, kind := float64(i)+0.5, i%2 == 1, []string{"ab", "c"}[i%2]
		rows[i] = parquetRow{
			Double: -1.25 * float64(i), Optional: &v, Float: 0.5 * float32(i), Repeats: float64(i % 3), Byte: uint8(250 + i%3), Unsigned: 1<<63 + uint64(i)<<11,
			Small: int32(-i), Decimal: int64(125 * i), Flag: &flag, Kind: &kind, Text: []string{"1.5", " 2", "3e1"}[i%3], Index: int64(i),
		}
	}
	rows[2].Optional, rows[4].Kind = nil, nil
	return rows
}

func TestParquet(t *testing.T) {
	list := strings.Fields
	for _, codec := range []parquet.WriterOption{parquet.Compression(&parquet.Uncompressed), parquet.Compression(&parquet.Zstd), parquet.DataPageVersion(1)} {
		src := parquetFile(t, parquetRows(), codec)
		for _, c := range []struct {
			cols  Columns
			names string
			y, x  []float64
			err   string
		}{
			{Columns{Label: "Flag", Features: list("Double Float")}, "Double Float", []float64{0, 1, 0, 1, 0, 1, 0}, []float64{0, 0, -1.25, 0.5, -2.5, 1, -3.75, 1.5, -5, 2, -6.25, 2.5, -7.5, 3}, ""},
			{Columns{Label: "Flag", Positive: "false", Features: list("Optional Repeats"), Missing: MissingDrop}, "Optional Repeats", []float64{1, 0, 0, 1, 0, 1}, []float64{0.5, 0, 1.5, 1, 3.5, 0, 4.5, 1, 5.5, 2, 6.5, 0}, ""},
			{Columns{Label: "Kind", Positive: "c", Features: list("Byte Unsigned"), Missing: MissingDrop}, "Byte Unsigned", []float64{0, 1, 0, 1, 1, 0}, []float64{250, 1 << 63, 251, 1<<63 + 1<<11, 252, 1<<63 + 2<<11, 250, 1<<63 + 3<<11, 252, 1<<63 + 5<<11, 250, 1<<63 + 6<<11}, ""},
			{Columns{Label: "Byte", Positive: "252", Negative: "251", Features: list("Decimal Small Text")}, "Decimal Small Text", []float64{0, 1, 0, 1}, []float64{1.25, -1, 2, 2.5, -2, 30, 5, -4, 2, 6.25, -5, 30}, ""},
			{Columns{Label: "Small", Positive: "-3", Categorical: list("Kind"), Features: list("Double"), Missing: MissingDrop}, "Double Kind=c", []float64{0, 0, 0, 1, 0, 0}, []float64{0, 0, -1.25, 1, -2.5, 0, -3.75, 1, -6.25, 1, -7.5, 0}, ""},
			{Columns{Label: "Decimal", Positive: "2.5", Features: list("Double")}, "Double", []float64{0, 0, 1, 0, 0, 0, 0}, []float64{0, -1.25, -2.5, -3.75, -5, -6.25, -7.5}, ""},
			{Columns{Label: "Flag", Features: list("Optional")}, "", nil, nil, `t.parquet: row 2, column "Optional" is empty, want a number (or have rows with missing values dropped, or means in their place)`},
			{Columns{Label: "Flag", Features: list("When")}, "", nil, nil, `t.parquet: column "When" holds dates or times, want numbers, booleans or texts: exclude it, or list the columns to use as features`},
			{Columns{Label: "Flag", Features: list("List")}, "", nil, nil, `t.parquet: column "List" holds lists or records, want numbers, booleans or texts: exclude it, or list the columns to use as features`},
			{Columns{Label: "Flag"}, "", nil, nil, `t.parquet: column 14 has no name (an index that pandas wrote?): exclude it (exclude = [13]), name it, or list the columns to use as features`},
			{Columns{Label: "Flag", Features: list("Kind")}, "", nil, nil, `t.parquet: row 0, column "Kind" holds "ab", want a number (or name the column as categorical, exclude it, or list the columns to use as features)`},
			{Columns{Label: "flag"}, "", nil, nil, `t.parquet: no column "flag" for the label, want one of: "Double", "Optional", "Float", "Repeats", "Byte" and 9 more`},
		} {
			set, err := ReadParquet(bytes.NewReader(src), int64(len(src)), "t.parquet", c.cols)
			if c.err == "" {
				same(t, c.names, set, err, c.names, c.y, c.x...)
			} else if err == nil || err.Error() != c.err {
				t.Errorf("error %v\nwant %s", err, c.err)
			}
		}
		for _, cut := range [][]byte{src[:len(src)-1], src[:len(src)/2], append(bytes.Clone(src[:len(src)-8]), "\xff\xff\xff\x7fPAR1"...)} {
			if _, err := ReadParquet(bytes.NewReader(cut), int64(len(cut)), "t.parquet", Columns{Label: "Flag"}); err == nil {
				t.Error("a file that is cut is read")
			}
		}
	}
}

// FuzzReadParquet checks that every file is read or refused in one line.
func FuzzReadParquet(f *testing.F) {
	type row struct {
		X float64
		K *string `parquet:",dict"`
		B bool
		Y int64
	}
	a := "a"
	rows := []row{{1.5, &a, true, 0}, {2.5, nil, false, 1}, {7, &a, true, 1}, {9, &a, true, 1}}
	for _, o := range []parquet.WriterOption{parquet.Compression(&parquet.Uncompressed), parquet.Compression(&parquet.Snappy), parquet.DataPageVersion(1)} {
		f.Add(parquetFile(f, rows, o), "Y", "K")
	}
	f.Fuzz(func(t *testing.T, src []byte, label, categorical string) {
		set, err := ReadParquet(bytes.NewReader(src), int64(len(src)), "fuzz.parquet", Columns{Label: label, Categorical: []string{categorical}, Missing: MissingDrop})
		sane(t, set, err)
	})
}
