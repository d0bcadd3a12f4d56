// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Command tocsin is an identity provider that tells applications, at once and
// signed, when a session ended or a credential changed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the program at once, as people expect.
	context.AfterFunc(ctx, stop)
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "tocsin:", explain(ctx, err))
		stop()
		os.Exit(1)
	}
}

// explain is what a person is told of err. Whoever interrupts a start knows
// why, and does not care which step it was.
func explain(ctx context.Context, err error) string {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return "interrupted before it was ready"
	}
	return err.Error()
}

// command is the command line.
func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "tocsin",
		Short: "Identity provider with shared signals (OpenID SSF, CAEP, RISC)",
		Long: "Tocsin signs users in and tells applications, at once and signed, when a\n" +
			"session ended or a credential changed.\n\n" +
			"Begin with `tocsin dev`: it needs no configuration and brings two applications\n" +
			"to play with. `tocsin serve` is the same program for production.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(devCommand(), serveCommand(), configCommand(), versionCommand())
	return root
}
