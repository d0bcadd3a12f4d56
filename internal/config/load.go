// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

const envPrefix = "TOCSIN_"

// Load reads the file (none when path is empty), the environment and the
// flags, and validates what they make together. A field that does not exist
// is an error wherever it is given, so that a misspelt one does not go
// unnoticed. environ is os.Environ(); flags may be nil.
func Load(path string, environ []string, flags *pflag.FlagSet) (Config, error) {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(Default(), "koanf"), nil); err != nil {
		return Config{}, err
	}
	known := k.Keys()
	if path != "" {
		if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
			return Config{}, fileError(path, err)
		}
	}
	unknown := surplus(path, k.Keys(), known)
	var fromEnv error
	environment := env.Provider(".", env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			key, ok := keyOf(name, known)
			if !ok {
				fromEnv = errors.Join(fromEnv, fmt.Errorf("environment: %s is no setting of tocsin", name))
				return "", nil
			}
			return key, setting(k.Get(key), value)
		},
	})
	if err := k.Load(environment, nil); err != nil {
		return Config{}, fmt.Errorf("environment: %w", err)
	}
	if flags != nil {
		given := posflag.ProviderWithFlag(flags, ".", k, func(f *pflag.Flag) (string, any) {
			key, ok := keyOf(envPrefix+strings.ReplaceAll(f.Name, "-", "_"), known)
			if !ok || !f.Changed {
				return "", nil
			}
			return key, posflag.FlagVal(flags, f)
		})
		if err := k.Load(given, nil); err != nil {
			return Config{}, fmt.Errorf("flags: %w", err)
		}
	}
	var c Config
	if err := k.Unmarshal("", &c); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return c, errors.Join(unknown, fromEnv, c.Validate())
}

func fileError(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file; `tocsin config` prints one to begin with", path)
	}
	return fmt.Errorf("%s: %w", path, err)
}

func surplus(path string, keys, known []string) error {
	var errs []error
	for _, key := range keys {
		if !slices.Contains(known, key) {
			errs = append(errs, fmt.Errorf("%s: %s is no setting of tocsin", path, key))
		}
	}
	return errors.Join(errs...)
}

// keyOf finds the key that an environment variable names: the variable cannot
// tell a dot from an underscore, the known keys can.
func keyOf(name string, known []string) (string, bool) {
	for _, key := range known {
		if strings.EqualFold(name, EnvName(key)) {
			return key, true
		}
	}
	return "", false
}

// setting gives a list field its list.
func setting(now any, value string) any {
	if _, isList := now.([]string); isList {
		return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	}
	return value
}

// EnvName is the environment variable of a key such as tls.certificate.
func EnvName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// FlagName is the flag of a key, without the dashes before it.
func FlagName(key string) string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(key)
}
