package bot

import (
	"context"
	"fmt"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// LoadVersion loads a version of a flow from where a bot has kept it. The error wraps
// store.ErrNone if it was never kept, or is no longer, and flow.ErrUnusable if this
// program cannot load it.
func LoadVersion(ctx context.Context, kept Versions, version string) (*flow.Flow, error) {
	row, err := kept.Flow(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("version %s of a flow: %w", flow.Short(version), err)
	}
	return flow.LoadBundle(row.Sources, version, nil, func(hash string) ([]byte, error) { return kept.Blob(ctx, promptBlob(hash)) })
}

// VersionAudio calls do with all audio of a version that a bot has kept, each file
// once, by the hash of its content. Errors are as those of LoadVersion.
func VersionAudio(ctx context.Context, kept Versions, version string, do func(hash string, wav []byte) error) error {
	row, err := kept.Flow(ctx, version)
	if err != nil {
		return fmt.Errorf("version %s of a flow: %w", flow.Short(version), err)
	}
	hashes, err := flow.BundleAudio(row.Sources)
	if err != nil {
		return fmt.Errorf("version %s of a flow: %w", flow.Short(version), err)
	}
	done := map[string]bool{}
	for _, hash := range hashes {
		if done[hash] {
			continue
		}
		done[hash] = true
		wav, err := kept.Blob(ctx, promptBlob(hash))
		if err == nil {
			err = do(hash, wav)
		}
		if err != nil {
			return fmt.Errorf("audio %s of version %s of a flow: %w", flow.Short(hash), flow.Short(version), err)
		}
	}
	return nil
}
