// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// field is a leaf of Config.
type field struct {
	key   string
	doc   string
	value reflect.Value
}

// fields lists the leaves in the order of the struct, plain fields first.
func fields(prefix string, v reflect.Value) []field {
	var plain, nested []field
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		key := prefix + tag.Get("koanf")
		if v.Field(i).Kind() == reflect.Struct {
			nested = append(nested, fields(key+".", v.Field(i))...)
			continue
		}
		plain = append(plain, field{key, tag.Get("doc"), v.Field(i)})
	}
	return append(plain, nested...)
}

// Example returns a commented file with every field and its default.
func Example() string {
	var b strings.Builder
	b.WriteString("# Tocsin. Each setting can also be given as an environment variable, named\n" +
		"# beside it, or as a flag: tls.certificate is --tls-certificate.\n")
	section := ""
	for _, f := range fields("", reflect.ValueOf(Default())) {
		name := f.key
		if at := strings.LastIndexByte(f.key, '.'); at >= 0 {
			name = f.key[at+1:]
			if f.key[:at] != section {
				section = f.key[:at]
				fmt.Fprintf(&b, "\n[%s]\n", section)
			}
		}
		b.WriteByte('\n')
		for _, line := range wrap(f.doc+" ("+EnvName(f.key)+")", 76) {
			b.WriteString("# " + line + "\n")
		}
		comment := ""
		if f.key == "base_url" {
			f.value = reflect.ValueOf("https://id.example.com")
		} else {
			comment = "# "
		}
		fmt.Fprintf(&b, "%s%s = %s\n", comment, name, literal(f.value))
	}
	return b.String()
}

// literal writes a value as TOML.
func literal(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return fmt.Sprintf("%q", short(x))
	case []string:
		return "[]"
	case bool, int:
		return fmt.Sprint(x)
	default:
		return fmt.Sprintf("%q", x)
	}
}

// short drops the zero parts that time.Duration prints.
func short(d time.Duration) string {
	s := d.String()
	s = strings.TrimSuffix(s, "0s")
	return strings.TrimSuffix(s, "0m")
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// AddFlags gives the flag set one flag per field. A flag's value counts only
// when it is set, so its default is shown and not applied.
func AddFlags(flags *pflag.FlagSet) {
	for _, f := range fields("", reflect.ValueOf(Default())) {
		usage, _, _ := strings.Cut(f.doc, ". ")
		switch x := f.value.Interface().(type) {
		case time.Duration:
			flags.Duration(FlagName(f.key), x, usage)
		case []string:
			flags.StringSlice(FlagName(f.key), x, usage)
		case bool:
			flags.Bool(FlagName(f.key), x, usage)
		case int:
			flags.Int(FlagName(f.key), x, usage)
		case string:
			flags.String(FlagName(f.key), x, usage)
		}
	}
}
