package fetch_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/fetch"
)

// A bank's service, and a flow that asks it for a balance.
func Example() {
	bank := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/accounts/12345674" || r.Header.Get("Authorization") != "Bearer key" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"balance": "12.50", "number": 99999999999999999999}`)
	}))
	defer bank.Close()
	authorities := x509.NewCertPool()
	authorities.AddCert(bank.Certificate())

	f, err := fetch.New(fetch.Config{
		Hosts:   []fetch.Host{{Origin: bank.URL, Flows: []string{"bank_balance"}, Networks: []string{"127.0.0.0/8"}}},
		Secrets: map[string]fetch.BoundSecret{"crm": {Value: ivr.NewSecret("key"), Hosts: []string{bank.URL}}},
		RootCAs: authorities,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	for _, account := range []string{"12345674", "1", "../admin"} {
		res, err := f.Do(context.Background(), fetch.Request{
			Flow:    "bank_balance",
			Method:  "GET",
			URL:     []fetch.Piece{fetch.Literal(bank.URL + "/accounts/"), fetch.Value(account)},
			Headers: []fetch.Header{{Name: "Authorization", Value: []fetch.Piece{fetch.Literal("Bearer "), fetch.Secret("crm")}}},
		})
		fmt.Println(fetch.OutcomeOf(res, err), res.JSON)
	}
	// Output:
	// {[ok] } map[balance:12.50 number:99999999999999999999]
	// {[404 4xx failed] not_found} <nil>
	// {[failed] not_allowed} <nil>
}
