package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// nodesOptions are the flags of nodes.
type nodesOptions struct {
	lookOptions
	format string
}

func newNodes() *cobra.Command {
	var o nodesOptions
	cmd := &cobra.Command{
		Use:   "nodes",
		Short: "List the processes that answer for a bot",
		Long: `Nodes lists the processes (nodes) that use the store of a bot: those that live,
and those that are gone and whose calls wait for another. LEASE is how long a
node keeps its calls if it is not heard of again.`,
		Example: "  ivrflow nodes --store postgres://ivrflow@db.example.com/ivrflow",
		Args:    arguments(0, 0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return listNodes(cmd, o) },
	}
	o.lookFlags(cmd)
	cmd.Flags().StringVar(&o.format, "format", "text", "text or json")
	words(cmd, "format", "text", "json")
	return cmd
}

// node is a node in JSON.
type node struct {
	ID       string    `json:"id"`
	Host     string    `json:"host"`
	Started  time.Time `json:"started"`
	Until    time.Time `json:"until"`
	Calls    int       `json:"calls"`
	Draining bool      `json:"draining"`
	Gone     bool      `json:"gone"`
}

func listNodes(cmd *cobra.Command, o nodesOptions) error {
	if err := oneFormat(o.format, "text", "json"); err != nil {
		return err
	}
	return o.looking(cmd, func(ctx context.Context, l *keep.Look) error {
		list, err := l.DB.Nodes(ctx)
		if err != nil {
			return err
		}
		if o.format == "text" {
			return writeNodes(cmd.OutOrStdout(), list)
		}
		all := make([]node, 0, len(list))
		for _, n := range list {
			all = append(all, node{string(n.ID), n.Host, n.Started, n.Until, n.Live, n.Drain, n.Left <= 0})
		}
		return encode(cmd.OutOrStdout(), all)
	})
}

func writeNodes(out io.Writer, list []store.Node) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "no node is known: no bot runs with this store")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NODE\tPROCESS\tSTARTED\tLEASE\tCALLS\tSTATE")
	for _, n := range list {
		lease, state := n.Left.Round(100*time.Millisecond).String(), "taking calls"
		switch {
		case n.Left <= 0:
			lease, state = "ended", "gone"
		case n.Drain:
			state = "draining"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", n.ID, tell.Clean(n.Host), calldoc.Stamp(n.Started), lease, n.Live, state)
	}
	return w.Flush()
}

// drainOptions are the flags of drain.
type drainOptions struct {
	lookOptions
	node string
}

// allNodes stands for every node.
const allNodes = "all"

func newDrain() *cobra.Command {
	var o drainOptions
	cmd := &cobra.Command{
		Use:   "drain",
		Short: "Ask nodes to take no new calls, and to end after the last one",
		Long: `Drain asks a node, or all, of a bot on PostgreSQL to take no new calls, and to
end when its last call has ended. It returns at once; ivrflow nodes shows how
far they are.

To restart a node no drain is needed: one that gets SIGTERM hands its calls over
to the others. Drain is for a node whose calls are to end where they are.`,
		Example: "  ivrflow drain --node VQ5ZJ2Q7YQ2M3N4O\n  ivrflow drain --node all",
		Args:    arguments(0, 0, "no arguments; name the node with --node"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return drain(cmd, o) },
	}
	o.lookFlags(cmd)
	cmd.Flags().StringVar(&o.node, "node", "", "id of the node, as ivrflow nodes shows it, or all")
	words(cmd, "node", allNodes)
	return cmd
}

func drain(cmd *cobra.Command, o drainOptions) error {
	if o.node == "" {
		return usagef("drain needs --node: the id of one, as ivrflow nodes shows it, or all")
	}
	cfg, err := o.place(cmd)
	if err != nil {
		return err
	}
	if cfg.StoreAt.Kind != bot.StorePostgres {
		return usagef("a store that is a file has one process: send it SIGTERM; it goes on with its calls when it starts again")
	}
	return o.looking(cmd, func(ctx context.Context, l *keep.Look) error {
		id := store.NodeID(o.node)
		if o.node == allNodes {
			id = ""
		}
		err := l.DB.Drain(ctx, id)
		if errors.Is(err, store.ErrNone) {
			return &exitError{exitFindings, fmt.Errorf("no node %q is known; ivrflow nodes lists them", o.node)}
		}
		return err
	})
}
