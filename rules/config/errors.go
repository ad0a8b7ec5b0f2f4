package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"skleak/rules/typo"
)

// maxErrors is how many wrong keys are named one by one.
const maxErrors = 20

// decodeConfig decodes TOML into a layout. Every error names the file and the line, and there is a line
// of it for each key that does not belong there.
func decodeConfig(data []byte, name string, layout any) error {
	if len(data) > maxConfig {
		return fmt.Errorf("%s: longer than %d bytes, which no configuration is", name, maxConfig)
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return fmt.Errorf("%s: the file is no UTF-8 text; if it is UTF-16, save it as UTF-8", name)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(layout)
	var strict *toml.StrictMissingError
	var decode *toml.DecodeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &strict):
		var all []error
		for i := range strict.Errors {
			if i == maxErrors {
				all = append(all, fmt.Errorf("%s: and %d more keys that are not known", name, len(strict.Errors)-i))
				break
			}
			e := &strict.Errors[i]
			line, _ := e.Position()
			all = append(all, fmt.Errorf("%s:%d: %s", name, line, unknownKey(e.Key(), layout)))
		}
		return errors.Join(all...)
	case errors.As(err, &decode):
		line, _ := decode.Position()
		return fmt.Errorf("%s:%d: %s", name, line, strings.TrimPrefix(decode.Error(), "toml: "))
	}
	return fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "toml: "))
}

// unknownKey says why a key does not belong into a layout.
func unknownKey(key toml.Key, layout any) string {
	if _, tree := layout.(*treeFile); tree && isKnown(key, reflect.TypeFor[userFile]()) {
		return fmt.Sprintf("%s: only your own configuration may set it, since whoever writes to a repository must not "+
			"choose where keys are sent; "+
			"a scanned tree may set ignore, allow and rules without a provider", strings.Join(key, "."))
	}
	kind := reflect.TypeOf(layout)
	for i, part := range key {
		names, next := fieldsOf(kind, part)
		if next == nil {
			return fmt.Sprintf("unknown key %q%s", strings.Join(key[:i+1], "."), didYouMean(part, names))
		}
		kind = next
	}
	return fmt.Sprintf("unknown key %q", strings.Join(key, "."))
}

func isKnown(key toml.Key, kind reflect.Type) bool {
	for _, part := range key {
		if _, kind = fieldsOf(kind, part); kind == nil {
			return false
		}
	}
	return true
}

// fieldsOf returns the names of what a table of the kind may hold, and the kind of the one asked for,
// or nil.
func fieldsOf(kind reflect.Type, name string) (names []string, next reflect.Type) {
	for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
		kind = kind.Elem()
	}
	if kind.Kind() == reflect.Map {
		return nil, kind.Elem()
	}
	if kind.Kind() != reflect.Struct {
		return nil, nil
	}
	for _, f := range reflect.VisibleFields(kind) {
		tag := f.Tag.Get("toml")
		if tag == "" {
			continue
		}
		names = append(names, tag)
		if tag == name {
			next = f.Type
		}
	}
	return names, next
}

// didYouMean ends a message with the name that is nearest, or with all of them if there are few.
func didYouMean(typed string, names []string) string {
	best := typo.Nearest(typed, names)
	switch {
	case best != "":
		return fmt.Sprintf(": did you mean %q?", best)
	case len(names) > 0:
		return ": there are " + strings.Join(names, ", ")
	}
	return ""
}
