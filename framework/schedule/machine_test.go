package schedule

import (
	"archive/zip"
	"go/build"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rickar/cal/v2"
)

// The list of time zones is that of Go, so that no name in it is unknown and
// no place is missing.
func TestZonesAreThoseOfGo(t *testing.T) {
	names := strings.Fields(zoneNames)
	if !slices.IsSorted(names) {
		t.Error("zones.txt is not sorted")
	}
	for _, name := range names {
		if _, err := time.LoadLocation(name); err != nil {
			t.Error(err)
		}
	}
	archive, err := zip.OpenReader(filepath.Join(build.Default.GOROOT, "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Skip(err)
	}
	defer archive.Close()
	var want []string
	for _, f := range archive.File {
		if name := f.Name; name == "UTC" || strings.Contains(name, "/") && !strings.HasSuffix(name, "/") && !strings.HasPrefix(name, "Etc/") {
			want = append(want, name)
		}
	}
	for _, name := range want {
		if !slices.Contains(names, name) {
			t.Errorf("zones.txt lacks %s", name)
		}
	}
}

// Holidays are the same on every machine: where Chile or Egypt change their
// clocks at midnight, some days have none.
func TestHolidaysOnAnyMachine(t *testing.T) {
	want := holidaysOf(regions())
	defer func(zone *time.Location) { cal.DefaultLoc = zone }(cal.DefaultLoc)
	for _, name := range []string{"America/Santiago", "America/Havana", "Pacific/Kiritimati"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		cal.DefaultLoc = zone
		if got := holidaysOf(regions()); !slices.Equal(got, want) {
			t.Errorf("on a machine in %s the holidays are others", name)
		}
	}
}
