package scenes

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
)

// jsonSchema is a JSON Schema of draft 2020-12, https://json-schema.org/specification, as far
// as scenes need it.
type jsonSchema struct {
	Schema      string `json:"$schema,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Type        any    `json:"type,omitempty"` // a name, or several
	Default     any    `json:"default,omitempty"`

	Enum             []string `json:"enum,omitempty"`
	Pattern          string   `json:"pattern,omitempty"`
	Minimum          *float64 `json:"minimum,omitempty"`
	Maximum          *float64 `json:"maximum,omitempty"`
	ExclusiveMinimum *float64 `json:"exclusiveMinimum,omitempty"`

	Items    *jsonSchema `json:"items,omitempty"`
	MinItems int         `json:"minItems,omitempty"`
	MaxItems int         `json:"maxItems,omitempty"`

	Properties           map[string]*jsonSchema `json:"properties,omitempty"`
	AdditionalProperties *bool                  `json:"additionalProperties,omitempty"` // false
	Required             []string               `json:"required,omitempty"`
	DependentRequired    map[string][]string    `json:"dependentRequired,omitempty"`

	AnyOf []*jsonSchema `json:"anyOf,omitempty"`
	OneOf []*jsonSchema `json:"oneOf,omitempty"`
}

// JSONSchema returns the JSON Schema of scene files, of draft 2020-12, for editors. It is
// made of what the decoder checks: every key with its type, default, description and
// values. What depends on other keys or on the data it leaves to the decoder.
func JSONSchema() ([]byte, error) {
	s := tableSchema("", reflect.TypeFor[file]())
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "losscape scene"
	s.Description = "What losscape is to compute and to show. Only [data] is required."
	s.Required = []string{"data"}
	s.Properties["data"].OneOf = []*jsonSchema{{Required: []string{"generate"}}, {Required: []string{"file"}}}
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}

// tableSchema returns the schema of a table at a path, of a type with a field for each key.
func tableSchema(path string, typ reflect.Type) *jsonSchema {
	no := false
	s := &jsonSchema{Type: "object", Properties: map[string]*jsonSchema{}, AdditionalProperties: &no}
	for i := range typ.NumField() {
		f := typ.Field(i)
		p := join(path, keyOf(f))
		k, _ := info(p)
		key := valueSchema(p, k, fieldKinds(f), typeOf(f))
		key.Description, key.Default = k.about, k.standard
		s.Properties[keyOf(f)] = key
		if k.with != nil {
			if s.DependentRequired == nil {
				s.DependentRequired = map[string][]string{}
			}
			s.DependentRequired[keyOf(f)] = k.with
		}
	}
	if k, ok := info(path); ok {
		s.Required = k.required
	}
	return s
}

// valueSchema returns the schema of a value of one of some kinds, as checker.value takes it.
func valueSchema(path string, k keyInfo, kinds []string, typ reflect.Type) *jsonSchema {
	var all []*jsonSchema
	var plural []string
	for _, kind := range kinds {
		if one, ok := strings.CutSuffix(kind, "s"); ok {
			plural = append(plural, one)
			continue
		}
		all = append(all, plainSchema(path, k, kind, typ))
	}
	if plural != nil {
		elem := typ
		if typ.Kind() == reflect.Slice {
			elem = typ.Elem()
		}
		of := k
		of.length = [2]int{}
		if own, ok := info(path + "[]"); ok {
			of = own
		}
		array := &jsonSchema{Type: "array", Items: valueSchema(path+"[]", of, plural, elem), MinItems: max(1, k.length[0]), MaxItems: k.length[1]}
		if array.Items.Description == "" && of.about != k.about {
			array.Items.Description = of.about
		}
		all = append(all, array)
	}
	return either(all)
}

// either returns the schema of a value that one of some is for.
func either(all []*jsonSchema) *jsonSchema {
	if len(all) == 1 {
		return all[0]
	}
	// Of plain types one schema says all, and editors say it better.
	var types []string
	for _, s := range all {
		name, _ := s.Type.(string)
		if !reflect.DeepEqual(s, &jsonSchema{Type: s.Type}) || slices.Contains(types, name) {
			return &jsonSchema{AnyOf: all}
		}
		types = append(types, name)
	}
	return &jsonSchema{Type: types}
}

// plainSchema returns the schema of a value of a kind that is no array.
func plainSchema(path string, k keyInfo, kind string, typ reflect.Type) *jsonSchema {
	switch kind {
	case "table":
		return tableSchema(path, typ)
	case "string":
		return &jsonSchema{Type: kind, Enum: k.values, Pattern: k.pattern}
	case "integer", "number":
		s := &jsonSchema{Type: kind}
		if l := k.limits; l != nil {
			bound := func(x float64) *float64 {
				if math.IsInf(x, 0) {
					return nil
				}
				return &x
			}
			if s.Maximum = bound(l.most); l.above {
				s.ExclusiveMinimum = bound(l.least)
			} else {
				s.Minimum = bound(l.least)
			}
		}
		return s
	}
	return &jsonSchema{Type: kind}
}
