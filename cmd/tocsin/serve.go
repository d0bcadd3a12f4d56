// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/tocsin-id/tocsin/internal/app"
	"github.com/tocsin-id/tocsin/internal/config"
)

func serveCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the identity provider",
		Long: "Runs the identity provider until it is interrupted.\n\n" +
			"The first start creates the database and the key that seals secrets in it, and\n" +
			"prints a link with which the first administrator is created, once.",
		Example: "  tocsin config > tocsin.toml\n  tocsin serve --config tocsin.toml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(path, os.Environ(), c.Flags())
			if err != nil {
				return err
			}
			return app.Serve(c.Context(), cfg, c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&path, "config", "", "the configuration `file`; tocsin config prints one to begin with")
	config.AddFlags(c.Flags())
	return c
}
