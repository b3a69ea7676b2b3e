package graph_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// TestReasonOf has a line for each row of the table, and for each class of
// codes without one.
func TestReasonOf(t *testing.T) {
	tests := []struct {
		code, subcode int
		want          ivr.Reason
	}{
		{200, 4097, "hung_up"}, {200, 4521, "hung_up"}, {200, 5000, "hung_up"}, {200, 5001, "hung_up"},
		{200, 5002, "hung_up"}, {0, 5002, "hung_up"}, {200, 5003, "hung_up"}, {200, 5007, "hung_up"},
		{200, 5010, "hung_up"}, {200, 5012, "hung_up"}, {200, 5013, "no_answer"}, {200, 5014, "unreachable"},
		{200, 5020, "hung_up"}, {200, 5030, "hung_up"}, {200, 5300, "hung_up"}, {200, 5855, "timed_out"},
		{200, 7000, ""}, {200, 10550, ""}, {200, 18503, "hung_up"}, {200, 540000, "hung_up"}, {200, 560000, "hung_up"},
		{0, 7015, "transferred"}, {200, 7015, "transferred"},
		{408, 1106, "timed_out"}, {408, 8537, "timed_out"}, {408, 10057, "unreachable"}, {410, 301005, "media"},
		{480, 10037, "unreachable"}, {480, 10076, "unreachable"}, {480, 10134, "unreachable"}, {480, 10199, "not_allowed"},
		{500, 1005, "media"}, {500, 7000, "service"}, {500, 7700, "service"}, {500, 7106, "media"}, {404, 9997, "not_found"},

		{403, 7500, "not_allowed"}, {403, 7501, "not_allowed"}, {403, 7502, "not_allowed"}, {403, 7504, "not_allowed"},
		{400, 7505, "not_allowed"}, {403, 7506, "not_allowed"}, {403, 7507, "not_allowed"}, {403, 7508, "not_allowed"},
		{403, 7509, "not_allowed"}, {403, 7510, "not_allowed"}, {400, 7600, "not_allowed"}, {400, 7601, "not_allowed"},
		{400, 7602, "not_allowed"}, {400, 7603, "not_allowed"}, {400, 7604, "not_allowed"}, {400, 7605, "not_allowed"},
		{400, 7606, "not_allowed"}, {400, 8517, "not_allowed"},

		{400, 8500, "media"}, {400, 8503, "media"}, {400, 8504, "media"}, {400, 8508, "cancelled"}, {400, 8509, "timed_out"},
		{400, 8510, "timed_out"}, {500, 8511, "media"}, {500, 8512, "media"}, {500, 8513, "media"}, {200, 8514, ""},
		{200, 8515, ""}, {429, 8516, "throttled"}, {404, 8522, "not_found"}, {400, 8522, "not_found"}, {400, 8528, "not_found"},
		{403, 8529, "throttled"}, {403, 8530, "throttled"}, {200, 8531, ""}, {400, 8532, "timed_out"}, {400, 8535, "media"},
		{400, 8536, "media"}, {200, 8537, "timed_out"}, {500, 8572, "media"}, {400, 8588, "media"}, {400, 8589, "throttled"},

		{603, 8538, "declined"}, {486, 8539, "busy"}, {600, 8540, "busy"}, {480, 8541, "unreachable"}, {487, 8542, "hung_up"},
		{404, 8543, "not_found"}, {408, 8544, "unreachable"}, {504, 8586, "timed_out"}, {408, 8587, "no_answer"},
		{504, 8610, "timed_out"},

		{0, 0, ""}, {200, 0, ""}, {200, 99, ""}, {299, 0, ""}, {400, 0, "service"}, {401, 0, "not_allowed"},
		{403, 0, "not_allowed"}, {404, 0, "not_found"}, {408, 0, "timed_out"}, {409, 8519, "service"}, {410, 0, "not_found"},
		{412, 8583, "service"}, {429, 0, "throttled"}, {480, 1, "unreachable"}, {486, 0, "busy"}, {500, 9999, "service"},
		{500, 1999, "service"}, {503, 0, "service"}, {600, 0, "busy"}, {603, 0, "declined"}, {-7, 0, "service"},
		{500, 4521, "service"}, {500, 5002, "service"},
	}
	for _, test := range tests {
		if got := graph.ReasonOf(test.code, test.subcode); got != test.want {
			t.Errorf("ReasonOf(%d, %d): got %q, want %q", test.code, test.subcode, got, test.want)
		}
	}
}

func TestClass(t *testing.T) {
	tests := []struct {
		want graph.OpClass
		cmds []ivr.Command
	}{
		{graph.ClassA, []ivr.Command{ivr.Answer{}, ivr.Reject{}, ivr.HangUp{}, ivr.KeepAlive{}, ivr.ReadCall{},
			ivr.SubscribeToTone{}, ivr.FetchRecording{}}},
		{graph.ClassACare, []ivr.Command{ivr.CancelMedia{}, ivr.PlayPrompt{}, ivr.RecordResponse{}}},
		{graph.ClassB, []ivr.Command{ivr.Transfer{}, ivr.Redirect{}}},
		{graph.ClassNone, []ivr.Command{ivr.RunAction{}, ivr.HTTPRequest{}, ivr.CancelAction{}, ivr.StartTimer{}, ivr.StopTimer{},
			ivr.Mark{}, ivr.Finish{}, ivr.JoinRecordings{}, nil}},
	}
	for _, test := range tests {
		for _, cmd := range test.cmds {
			if got := graph.Class(cmd); got != test.want {
				t.Errorf("Class(%T): got %s, want %s", cmd, got, test.want)
			}
		}
	}
}
