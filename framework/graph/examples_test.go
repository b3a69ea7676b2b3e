package graph_test

import (
	"path/filepath"
	"testing"
)

// exampleNotifications is every notification of the documentation and the
// event it is for a flow.
var exampleNotifications = []struct{ file, kind, event string }{
	{"application-post-calls--03--notification.json", "call", "changed establishing audio unknown"},
	{"application-post-calls--04--notification.json", "call", "changed established audio unknown"},
	{"application-post-calls--05--notification.json", "content sharing", "none"},
	{"application-post-calls--06--notification.json", "content sharing", "none"},
	{"application-post-calls--07--notification.json", "content sharing", "none"},
	{"application-post-calls--16--notification.json", "call", "changed establishing audio unknown"},
	{"application-post-calls--17--notification.json", "call", "changed established audio unknown"},
	{"application-post-calls--18--notification.json", "roster", "roster 0d7664b6=user+muted 05491616=bot"},
	{"application-post-calls--29--notification.json", "roster", "roster 05491616=guest+lobby"},
	{"call-addlargegalleryview--03--notification.json", "operation", `completed op 0 remote "e33176d4-836a-4fd7-b95a-d11bda52811d" 0/0`},
	{"call-answer--03--notification.json", "call", "incoming 57dab8b1-894c-409a-b240-bd8beae78896 from user:8a34a46b-3d17-4adc-8dce-dc4e7d572698 to bot:8a34a46b-3d17-4adc-8dce-dc4e7d572698"},
	{"call-answer--06--notification.json", "call", "changed establishing audio unknown"},
	{"call-answer--07--notification.json", "call", "changed established audio unknown"},
	{"call-answer--08--notification.json", "call", "incoming 57dab8b1-894c-409a-b240-bd8beae78896 from user:8a34a46b-3d17-4adc-8dce-dc4e7d572698 to bot:8a34a46b-3d17-4adc-8dce-dc4e7d572698"},
	{"call-answer--11--notification.json", "call", "changed establishing audio unknown"},
	{"call-answer--12--notification.json", "call", "changed established audio unknown"},
	{"call-answer--13--notification.json", "content sharing", "none"},
	{"call-answer--14--notification.json", "content sharing", "none"},
	{"call-answer--15--notification.json", "call", "incoming e71f0300-9c1f-4d99-b5f4-2722e877d497 from user:8a34a46b-3d17-4adc-8dce-dc4e7d572698 to application:832899f8-2ea1-4604-8413-27bd2892079f"},
	{"call-cancelmediaprocessing--03--notification.json", "operation", `failed op 0 remote "0fe0623f-d628-42ed-b4bd-8ac290072cc5" 400/8508 cancelled`},
	{"call-changescreensharingrole--03--notification.json", "roster", "roster 2765eb15=user"},
	{"call-delete--03--notification.json", "call", "changed terminating audio unknown"},
	{"call-delete--04--notification.json", "call", "terminated 200/5001 hung_up"},
	{"call-mute--03--notification.json", "roster", "roster 2765eb15=user+muted"},
	{"call-playprompt--03--notification.json", "operation", `completed op 0 remote "0fe0623f-d628-42ed-b4bd-8ac290072cc5" 0/0`},
	{"call-record--03--notification.json", "operation", `completed op 0 remote "0fe0623f-d628-42ed-b4bd-8ac290072cc5" 0/0 recording "stop_tone" at "https://file.location/17e3b46c-f61d-4f4d-9635-c626ef18e6ad"`},
	{"call-redirect--01--notification.json", "call", "incoming 491f0b00-ffff-4bc9-a43e-b226498ec22a from user:8d1e6ab6-26c5-4e22-a1bc-06ea7343958e to bot:24701998-1a73-4d42-8085-bf46ed0ae039"},
	{"call-redirect--04--notification.json", "call", "terminated 0/0"},
	{"call-redirect--05--notification.json", "call", "incoming 481f0b00-ffff-4ca1-8c67-a5f1e31e8e82 from user:ec040873-8235-45fd-a403-c7259a5a548e to bot:24701998-1a73-4d42-8085-bf46ed0ae039"},
	{"call-redirect--08--notification.json", "call", "terminated 0/0"},
	{"call-redirect--09--notification.json", "call", "incoming 491f0b00-ffff-4bc9-a43e-b226498ec22a from user:8d1e6ab6-26c5-4e22-a1bc-06ea7343958e to application:7629bdce-046c-4903-86b4-a8f718277e1a"},
	{"call-redirect--12--notification.json", "call", "terminated 0/0"},
	{"call-reject--03--notification.json", "call", "incoming 57dab8b1-894c-409a-b240-bd8beae78896 from user:112f7296-5fa4-42ca-bae8-6a692b15d4b8 to bot:2891555a-92ff-42e6-80fa-6e1300c6b5c6"},
	{"call-reject--06--notification.json", "call", "terminated 0/0"},
	{"call-senddtmftones--03--notification.json", "operation", `completed op 0 remote "d36fe651-9f50-484d-bd4b-1e6415eae448" 0/0`},
	{"call-senddtmftones--04--notification.json", "operation", `failed op 0 remote "d36fe651-9f50-484d-bd4b-1e6415eae448" 0/0 cancelled`},
	{"call-senddtmftones--05--notification.json", "operation", `failed op 0 remote "d36fe651-9f50-484d-bd4b-1e6415eae448" 0/0 media`},
	{"call-subscribetotone--03--notification.json", "call", "tone 1 seq 1"},
	{"call-transfer--03--notification.json", "call", "changed transferring audio unknown"},
	{"call-transfer--04--notification.json", "call", "changed transferAccepted audio unknown"},
	{"call-transfer--05--notification.json", "call", "terminated 0/7015 transferred"},
	{"call-transfer--06--notification.json", "call", "changed established audio unknown result 500/7000 service"},
	{"call-transfer--09--notification.json", "call", "changed transferring audio unknown"},
	{"call-transfer--10--notification.json", "call", "changed transferAccepted audio unknown"},
	{"call-transfer--11--notification.json", "call", "terminated 0/0 transferred"},
	{"call-transfer--12--notification.json", "call", "changed established audio unknown result 500/7700 service"},
	{"call-transfer--15--notification.json", "call", "changed transferring audio unknown"},
	{"call-transfer--16--notification.json", "call", "changed transferAccepted audio unknown"},
	{"call-transfer--17--notification.json", "call", "terminated 0/7015 transferred"},
	{"call-transfer--18--notification.json", "call", "changed established audio unknown result 500/7000 service"},
	{"call-transfer--21--notification.json", "call", "changed transferring audio unknown"},
	{"call-transfer--22--notification.json", "call", "changed transferAccepted audio unknown"},
	{"call-transfer--23--notification.json", "call", "terminated 0/0 transferred"},
	{"call-transfer--24--notification.json", "call", "changed established audio unknown result 500/7700 service"},
	{"call-transfer--27--notification.json", "call", "changed transferring audio unknown"},
	{"call-transfer--28--notification.json", "call", "changed transferAccepted audio unknown"},
	{"call-transfer--29--notification.json", "call", "terminated 0/7015 transferred"},
	{"call-transfer--30--notification.json", "call", "changed established audio unknown result 500/7000 service"},
	{"call-unmute--03--notification.json", "roster", "roster 2765eb15=user"},
	{"cloud-communications-identifylargegalleryview--01--notification.json", "roster", "roster 23aeb644=bot 63ce9188=user a34eae65=bot 8c4ca6bc=bot 3855ce6a=user+muted f65b97d2=user"},
	{"participant-configuremixer--03--notification.json", "operation", `completed op 0 remote "0fe0623f-d628-42ed-b4bd-8ac290072cc5" 0/0`},
	{"participant-invite--03--notification.json", "operation", `completed op 0 remote "eec3812a-fdc3-4fb4-825c-a06c9f35414e" 0/0`},
	{"participant-invite--04--notification.json", "roster", "none"},
	{"participant-invite--07--notification.json", "operation", `completed op 0 remote "participants" 0/0`},
	{"participant-invite--08--notification.json", "roster", "none"},
	{"participant-invite--11--notification.json", "operation", `completed op 0 remote "278405a3-f568-4b3e-b684-009193463064" 0/0`},
	{"participant-invite--12--notification.json", "roster", "none"},
	{"participant-invite--15--notification.json", "operation", `completed op 0 remote "eec3812a-fdc3-4fb4-825c-a06c9f35414e" 0/0`},
	{"participant-invite--16--notification.json", "roster", "none"},
	{"participant-invite--19--notification.json", "operation", `completed op 0 remote "278405a3-f568-4b3e-b684-009193463064" 0/0`},
	{"participant-invite--20--notification.json", "roster", "none"},
	{"participant-mute--03--notification.json", "roster", "roster 2765eb15=user+muted"},
	{"participant-startholdmusic--03--notification.json", "operation", `completed op 0 remote "0fe0623f-d628-42ed-b4bd-8ac290072cc5" 0/0`},
	{"v1.0--application-post-calls--03--notification.json", "call", "changed established audio unknown"},
	{"v1.0--application-post-calls--09--notification.json", "call", "changed establishing audio unknown"},
	{"v1.0--application-post-calls--10--notification.json", "call", "changed established audio unknown"},
	{"v1.0--call-answer--02--notification.json", "call", "incoming 57dab8b1-894c-409a-b240-bd8beae78896 from user:8a34a46b-3d17-4adc-8dce-dc4e7d572698 to bot:8a34a46b-3d17-4adc-8dce-dc4e7d572698"},
	{"v1.0--call-answer--03--notification.json", "call", "incoming 57dab8b1-894c-409a-b240-bd8beae78896 from user:8a34a46b-3d17-4adc-8dce-dc4e7d572698 to bot:8a34a46b-3d17-4adc-8dce-dc4e7d572698"},
	{"v1.0--call-delete--01--notification.json", "call", "terminated 0/0"},
	{"v1.0--call-playprompt--02--notification.json", "operation", `completed op 0 remote "0fe0623f-d628-42ed-b4bd-8ac290072cc5" 200/0`},
	{"v1.0--call-record--02--notification.json", "operation", `completed op 0 remote "0fe0623f-d628-42ed-b4bd-8ac290072cc5" 200/8515 recording "max_duration" at "https://file.location/17e3b46c-f61d-4f4d-9635-c626ef18e6ad"`},
	{"v1.0--call-redirect--01--notification.json", "call", "incoming 491f0b00-ffff-4bc9-a43e-b226498ec22a from user:8d1e6ab6-26c5-4e22-a1bc-06ea7343958e to bot:24701998-1a73-4d42-8085-bf46ed0ae039"},
	{"v1.0--call-redirect--02--notification.json", "call", "terminated 0/0"},
	{"v1.0--call-redirect--03--notification.json", "call", "incoming 481f0b00-ffff-4ca1-8c67-a5f1e31e8e82 from user:ec040873-8235-45fd-a403-c7259a5a548e to bot:24701998-1a73-4d42-8085-bf46ed0ae039"},
	{"v1.0--call-redirect--04--notification.json", "call", "terminated 0/0"},
	{"v1.0--call-reject--01--notification.json", "call", "incoming 57dab8b1-894c-409a-b240-bd8beae78896 from user:112f7296-5fa4-42ca-bae8-6a692b15d4b8 to bot:2891555a-92ff-42e6-80fa-6e1300c6b5c6"},
	{"v1.0--participant-invite--03--notification.json", "operation", `completed op 0 remote "eec3812a-fdc3-4fb4-825c-a06c9f35414e" 0/0`},
	{"v1.0--participant-invite--04--notification.json", "roster", "none"},
	{"v1.0--participant-invite--07--notification.json", "operation", `completed op 0 remote "participants" 0/0`},
	{"v1.0--participant-invite--08--notification.json", "roster", "none"},
	{"v1.0--participant-invite--11--notification.json", "operation", `completed op 0 remote "278405a3-f568-4b3e-b684-009193463064" 0/0`},
	{"v1.0--participant-invite--12--notification.json", "roster", "none"},
}

// TestExampleNotifications decodes every notification in the reference data,
// and fails when the data has one that the table does not name.
func TestExampleNotifications(t *testing.T) {
	dir := reference(t, "examples")
	known := map[string]bool{}
	for _, test := range exampleNotifications {
		known[test.file] = true
		t.Run(test.file, func(t *testing.T) {
			n := decodeOne(t, read(t, filepath.Join(dir, test.file)))
			if got := n.Kind.String(); got != test.kind {
				t.Errorf("kind: got %s, want %s", got, test.kind)
			}
			if got := describe(n.Event(epoch, "a")); got != test.event {
				t.Errorf("event:\n got %s\nwant %s", got, test.event)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join(dir, "*notification.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("listing %s: %d files, %v", dir, len(files), err)
	}
	for _, file := range files {
		if !known[filepath.Base(file)] {
			t.Errorf("the table does not name %s", filepath.Base(file))
		}
	}
}
