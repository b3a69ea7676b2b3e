package dev

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
)

// player plays WAV files by a program of the machine. The nil player is
// silent.
type player struct {
	args   []string
	folder string
	wg     sync.WaitGroup
	stops  []func() // one a sound, of those that are over too
	rescue func()
}

// findPlayer is a program that plays, nil if there is none.
func findPlayer() []string {
	known := [][]string{
		{"aplay", "-q"}, {"paplay"}, {"ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"}, {"afplay"}, {"play", "-q"},
	}
	if runtime.GOOS == "darwin" {
		known = append([][]string{{"afplay"}}, known...)
	}
	for _, args := range known {
		if _, err := exec.LookPath(args[0]); err == nil {
			return args
		}
	}
	return nil
}

// newPlayer makes a folder for the files that are being played.
func newPlayer(args []string, restore func()) (*player, error) {
	folder, err := os.MkdirTemp("", "ivrflow-dev-")
	if err != nil {
		return nil, fmt.Errorf("no folder for what is played: %w", err)
	}
	return &player{args: args, folder: folder, rescue: restore}, nil
}

// play begins to play; stop ends it at once. It never waits.
func (p *player) play(wav []byte) (stop func()) {
	if p == nil || len(wav) == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stops = append(p.stops, cancel)
	name := filepath.Join(p.folder, strconv.Itoa(len(p.stops))+".wav")
	p.wg.Go(func() {
		defer rescue(p.rescue)
		defer cancel()
		if os.WriteFile(name, wav, 0o600) != nil {
			return // a prompt that is not heard is seen all the same
		}
		_ = exec.CommandContext(ctx, p.args[0], append(p.args[1:len(p.args):len(p.args)], name)...).Run()
		_ = os.Remove(name)
	})
	return cancel
}

// close stops what plays and takes the folder away.
func (p *player) close() {
	if p == nil {
		return
	}
	for _, stop := range p.stops {
		stop()
	}
	p.wg.Wait()
	_ = os.RemoveAll(p.folder)
}
