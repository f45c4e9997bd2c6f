package dataset

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// surveys are ways to look at the columns of a file, by its kind.
var surveys = map[string]func(src []byte, use func(table) error) error{
	"csv": func(src []byte, use func(table) error) error { return withCSV(bytes.NewReader(src), "f.csv", use) },
	"npy": func(src []byte, use func(table) error) error { return withNPY(bytes.NewReader(src), "f.npy", use) },
	"npz": func(src []byte, use func(table) error) error {
		return withNPZ(bytes.NewReader(src), int64(len(src)), "f.npz", use)
	},
	"parquet": func(src []byte, use func(table) error) error {
		return withParquet(bytes.NewReader(src), int64(len(src)), "f.parquet", use)
	},
}

func survey(kind string, src []byte) (s *Survey, err error) {
	err = surveys[kind](src, func(t table) (err error) {
		s, err = examine(t)
		return err
	})
	return s, err
}

// TestExamine looks at what a survey finds.
func TestExamine(t *testing.T) {
	type row struct {
		A float64
		K *string
		B bool
	}
	yes := "yes"
	for _, c := range []struct {
		kind string
		src  []byte
		want string
	}{
		{"csv", []byte(",id,x,k,c,y\nr,7,1.5,b,5,1\ns,8,NA,a,5,0\nt,9,-2,b,5,1\nu,11,x,,5,0\n"),
			`4 rows; (0) 0/0/4 r:1 s:1 t:1 u:1; id 4/0/0 rises 7..11 7:1 8:1 9:1 11:1; x 2/1/1 -2..1.5 -2:1 1.5:1 x:1; k 0/1/3 a:1 b:2; c 4/0/0 5..5 5:4; y 4/0/0 0..1 0:2 1:2 binary`},
		{"npy", npyFile(1, "<f8", false, "(3, 2)", []float64{1, 0, 2, 1, 3, 1}), `3 rows, last; (0) 3/0/0 counts rises 1..3 1:1 2:1 3:1; (1) 3/0/0 0..1 0:1 1:2 binary`},
		{"npz", archive(t, "X", npyFile(1, "<f8", false, "(2, 2)", []float64{5, 0, 5, 1}), "y", npyFile(1, "<i8", false, "(2,)", []int64{0, 3}), "m", npyFile(1, "<i8", false, "(3,)", []int64{0, 3, 4})),
			`2 rows; X[0] 2/0/0 5..5 5:2; X[1] 2/0/0 counts rises 0..1 0:1 1:1 binary; y 2/0/0 rises 0..3 0:1 3:1; m: it has 3 rows, most columns have 2`},
		{"parquet", parquetFile(t, []row{{1.5, &yes, true}, {0.5, nil, false}, {0.5, &yes, true}}),
			`3 rows; A 3/0/0 0.5..1.5 0.5:2 1.5:1; K 0/1/2 yes:2; B 3/0/0 0..1 false:1 true:2 binary`},
	} {
		s, err := survey(c.kind, c.src)
		if err != nil {
			t.Errorf("%s: %v", c.kind, err)
			continue
		}
		if have := s.text(); have != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.kind, have, c.want)
		}
	}
}

// text writes a survey in one line.
func (s *Survey) text() string {
	var parts []string
	head := fmt.Sprintf("%d rows", s.Rows)
	if s.LastIsLabel {
		head += ", last"
	}
	for i := range s.Columns {
		c := &s.Columns[i]
		name := c.Name
		if name == "" {
			name = "(" + c.Ref + ")"
		}
		if c.Bad != "" {
			parts = append(parts, name+": "+c.Bad)
			continue
		}
		p := fmt.Sprintf("%s %d/%d/%d", name, c.Numbers, c.Missing, c.Texts)
		for _, w := range []struct {
			is   bool
			word string
		}{{c.Counts, " counts"}, {c.Rises, " rises"}, {c.Numbers > 0, fmt.Sprintf(" %v..%v", c.Min, c.Max)}} {
			if w.is {
				p += w.word
			}
		}
		for _, l := range c.Levels {
			p += fmt.Sprintf(" %s:%d", l.Text, l.Rows)
		}
		if c.Binary() {
			p += " binary"
		}
		parts = append(parts, p)
	}
	return head + "; " + strings.Join(parts, "; ")
}

// TestSame looks at which columns say the same.
func TestSame(t *testing.T) {
	s, err := survey("csv", []byte("a,b,c,d,e\n1,x,0,1,\n2,y,0,1,\n1,x,1,1,\n2,y,0,1,q\n3,z,0,1,\n,x,1,1,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a, b int
		want bool
	}{{0, 1, true}, {1, 0, true}, {0, 2, false}, {2, 3, false}, {3, 3, false}, {4, 4, false}} {
		if have := s.Same(c.a, c.b); have != c.want {
			t.Errorf("columns %d and %d: %v, want %v", c.a, c.b, have, c.want)
		}
	}
	few, err := survey("csv", []byte("a,b\n1,x\n2,y\n3,z\n"))
	if err != nil || few.Same(0, 1) {
		t.Errorf("of three rows three levels are the same, which is no wonder: %v", err)
	}
}

// FuzzExamine checks that the columns of every file are looked at, or refused in one line.
func FuzzExamine(f *testing.F) {
	f.Add("csv", []byte("x;k\n1,5;a\nNA;b\n"))
	f.Add("npy", npyFile(1, "<f8", false, "(2, 2)", []float64{1, 0, 2, 1}))
	f.Add("npy", records())
	f.Add("npz", archive(f, "r", records(), "y", npyFile(1, "<i8", false, "(2,)", []int64{0, 1})))
	f.Add("parquet", parquetFile(f, []struct{ X, Y float64 }{{1, 0}, {2, 1}}))
	f.Fuzz(func(t *testing.T, kind string, src []byte) {
		if surveys[kind] == nil {
			return
		}
		s, err := survey(kind, src)
		if err != nil {
			sane(t, nil, err)
			return
		}
		for i := range s.Columns {
			c := &s.Columns[i]
			if c.Bad == "" && c.Numbers+c.Missing+c.Texts != s.Rows {
				t.Errorf("column %d of %d rows: %+v", i, s.Rows, c)
			}
			for j := range s.Columns {
				s.Same(i, j)
			}
		}
	})
}
