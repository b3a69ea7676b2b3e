package admin

import (
	"net/http"
	"regexp"
	"strings"
)

var keyForm = regexp.MustCompile(`^[!-~]{1,128}$`)

// dial has an outgoing flow run, once for each key. The header is that of the IETF's
// draft "The Idempotency-Key HTTP Header Field", in quotes or without.
func (a *api) dial(x *exchange) error {
	values := x.r.Header.Values("Idempotency-Key")
	if len(values) != 1 || !keyForm.MatchString(strings.Trim(values[0], `"`)) {
		return badRequest("header Idempotency-Key", "it is not there, or not 1 to 128 characters without a space",
			"send one for each order, and the same again if you do not know what came of it")
	}
	var o Order
	if err := x.read(&o); err != nil {
		return err
	}
	if o.Flow == "" {
		return badRequest("body /flow", "it is missing", "name a flow of kind outgoing")
	}
	x.note = "flow " + clip(o.Flow)
	key := x.by.Name + "\n" + strings.Trim(values[0], `"`) // nobody comes across another's
	id, fresh, err := a.Bot.Dial(x.r.Context(), key, o)
	x.session = string(id)
	if err != nil {
		return err
	}
	x.w.Header().Set("Location", "/v1/calls/"+string(id))
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return x.write(status, Dialled{Session: string(id), Fresh: fresh})
}
