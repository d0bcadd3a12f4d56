// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tocsin-id/tocsin/internal/config"
)

func configCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "config",
		Short:   "Print a commented configuration file with every setting and its default",
		Example: "  tocsin config > tocsin.toml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), config.Example())
			return err
		},
	}
}
