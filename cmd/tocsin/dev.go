// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"github.com/tocsin-id/tocsin/internal/app"
)

func devCommand() *cobra.Command {
	var cfg app.DevConfig
	c := &cobra.Command{
		Use:   "dev",
		Short: "Run everything on this machine, with users and two applications to play with",
		Long: "Runs the identity provider with an administrator, three users and two\n" +
			"applications of their own, Atlas (push) and Beacon (poll). It needs no\n" +
			"configuration, no network and no other service.\n\n" +
			"DIR/dev.json tells scripts all addresses and credentials. Without --data,\n" +
			"everything is forgotten at the end.",
		Example: "  tocsin dev\n  tocsin dev --listen 127.0.0.1:9000 --data ./play --tls",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg.Out, cfg.Err = c.OutOrStdout(), c.ErrOrStderr()
			return app.Dev(c.Context(), cfg)
		},
	}
	c.Flags().StringVar(&cfg.Listen, "listen", "localhost:8080", "the address of the identity provider; the applications take the ports behind it, or free ones")
	c.Flags().StringVar(&cfg.Data, "data", "", "the folder to keep everything in (default a temporary one)")
	c.Flags().BoolVar(&cfg.TLS, "tls", false, "serve https, with a certificate authority made for the run")
	c.Flags().StringVar(&cfg.LogLevel, "log-level", "warn", "debug, info, warn or error")
	return c
}
