package bot

import (
	"context"
	"log/slog"
	"slices"
	"strings"
)

// checkRoles compares the permissions that a tenant has granted with those that
// the flows need, and warns of each that is missing: the steps that need it will
// fail.
func (b *Bot) checkRoles(ctx context.Context, tenant string) {
	roles, known := b.client.Roles(ctx, tenant)
	if !known {
		return
	}
	for _, s := range b.settings.Load().flows {
		f := s.flow
		for _, n := range f.Needs() {
			if n.Permission() && !slices.Contains(roles, n.What) {
				b.cfg.Log.Warn("a permission that a flow needs is not granted", slog.String("tenant", tenant), slog.String("permission", n.What),
					slog.String("flow", f.Name), slog.String("steps", strings.Join(n.Steps, ", ")))
			}
		}
	}
}
