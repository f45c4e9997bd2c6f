package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
)

// jsonTopic is the help about all JSON that is printed. It is made of the types that are
// printed, and of what their fields' tags say about them.
func jsonTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString(`Reports (--json, on standard output) and events (--progress json, on standard error,
one object a line) are JSON objects. A program may rely on this:

  version   grows when a field goes or changes its meaning, and not when one is added
  number    one that there is not, or that is not finite, is null
  ?         behind a field's name: it is left out where it has no meaning

`)
	shape := func(title, about string, of any) {
		fmt.Fprintf(&b, "%s\n    %s\n", title, about)
		describe(&b, reflect.TypeOf(of), "  ")
		b.WriteByte('\n')
	}
	shape("--progress json: begin, progress, end", "how far a phase of the work is", phaseEvent{})
	shape("--progress json: note, warning, error", "what a person would read", textEvent{})
	for _, r := range reports {
		shape(fmt.Sprintf("%q: %s", r.name, r.command), r.about, r.of)
	}
	return &cobra.Command{Use: "json", Short: "The shapes of reports (--json) and of events (--progress json)", Long: strings.TrimSpace(b.String())}
}

// describe writes the fields of a type, a pointer to one or a list of some.
func describe(b *strings.Builder, t reflect.Type, indent string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			continue
		}
		kind := kindName(f.Type)
		if options == "omitempty" {
			name += "?"
			if f.Type.Kind() == reflect.Pointer { // one that is null is left out
				kind = kindName(f.Type.Elem())
			}
		}
		line := fmt.Sprintf("%s%-*s  %-16s  %s", indent, 26-len(indent), name, kind, f.Tag.Get("about"))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		describe(b, f.Type, indent+"  ")
	}
}

// kindName is what a type is in JSON.
func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return strings.TrimSuffix(kindName(t.Elem()), " or null") + " or null"
	case reflect.Slice, reflect.Array:
		of := strings.TrimSuffix(kindName(t.Elem()), " or null") + "s"
		if t.Kind() == reflect.Array {
			return fmt.Sprintf("%d %s", t.Len(), of)
		}
		return of
	case reflect.Map:
		return strings.TrimSuffix(kindName(t.Elem()), " or null") + "s by name"
	case reflect.Struct:
		return "object"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Float64:
		return "number or null"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "integer"
	}
	panic(fmt.Sprintf("no name of %v in JSON", t)) // a type of ours that the help does not know
}
