package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// BenchmarkDecode decodes callbacks and makes their events: a tone, which is
// the most frequent, and an incoming call of about 1 KB. "bare" is encoding/json
// alone on the same bytes: no check of the shape, no event.
func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"tone_pound", "incoming_user"} {
		indented, err := os.ReadFile("testdata/notifications/" + name + ".json")
		if err != nil {
			b.Fatal(err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, indented); err != nil {
			b.Fatal(err)
		}
		body := compact.Bytes()
		b.Run(fmt.Sprintf("%s/%dB/bare", name, len(body)), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				var batch struct {
					Value []struct {
						ChangeType   string     `json:"changeType"`
						ResourceURL  string     `json:"resourceUrl"`
						ResourceData graph.Call `json:"resourceData"`
					} `json:"value"`
				}
				if err := json.Unmarshal(body, &batch); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%s/%dB", name, len(body)), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				list, err := graph.DecodeNotifications(body)
				if err != nil {
					b.Fatal(err)
				}
				if _, ok := list[0].Event(epoch, ivr.CallerLeg); !ok {
					b.Fatal("no event")
				}
			}
		})
	}
}

// BenchmarkBuild builds and marshals a playPrompt with two files.
func BenchmarkBuild(b *testing.B) {
	p := withMedia(2)
	b.ReportAllocs()
	for b.Loop() {
		r, err := graph.Build(ivr.PlayPrompt{Op: 3}, p)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(r.Body); err != nil {
			b.Fatal(err)
		}
	}
}
