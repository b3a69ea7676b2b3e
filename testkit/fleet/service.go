package fleet

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// service is the web service that the flow tells what it heard: GET
// /heard/CALLER/KEY, which may be repeated, and POST /noted/CALLER/KEY, which may not.
func service(h *History) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		if len(part) != 3 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		key, err := ivr.ParseKey(part[2])
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		h.told(part[1], key, r.Method == http.MethodPost)
		w.WriteHeader(http.StatusNoContent)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	return s
}
