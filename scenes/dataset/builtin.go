package dataset

import (
	"embed"
	"fmt"
	"strings"

	"losscape/cpu/quote"
)

// Builtin is before the name of a data set that the program has in itself, where else the
// path of a file stands: builtin:iris.csv. Their sources and licences are in
// builtin/README.md.
const Builtin = "builtin:"

//go:embed builtin/*.csv
var builtin embed.FS

// BuiltinNames returns the names of the built-in data sets, sorted, without Builtin.
func BuiltinNames() []string {
	files, err := builtin.ReadDir("builtin")
	if err != nil {
		panic(err) // the folder is embedded
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name()
	}
	return names
}

// BuiltinText returns the CSV text of a built-in data set.
func BuiltinText(name string) ([]byte, error) {
	text, err := builtin.ReadFile("builtin/" + name)
	if err != nil {
		return nil, fmt.Errorf("no built-in data set %s, want one of: %s", quote.Text(name), strings.Join(BuiltinNames(), ", "))
	}
	return text, nil
}
