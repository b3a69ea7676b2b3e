package admin

import (
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Role is what a token may do.
type Role string

// The roles. Operate and Disclose hold Read.
const (
	Read     Role = "read"     // list and show calls in outline, nodes, flows
	Operate  Role = "operate"  // hang up, transfer, signal, dial, drain
	Disclose Role = "disclose" // see what callers typed and the values of the flow, but for what is sensitive
)

// Token is who may use the API.
type Token struct {
	Name   string // for the log and the records of calls
	Roles  []Role
	Secret ivr.Secret
}

// MinToken is the least length of a token.
const MinToken = 32

func (t Token) may(r Role) bool { return r == Read || slices.Contains(t.Roles, r) }

var (
	tokenName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]+$`) // RFC 6750, section 2.1
)

// ParseTokens reads a file of tokens: a line for each with its name, its roles with
// commas between, and the token. Empty lines and those that begin with # say nothing.
// The error names every fault with its line, and shows no token.
func ParseTokens(text string) ([]Token, error) {
	var list []Token
	var errs []error
	n := 0
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		n++
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		t, err := parseToken(words, list)
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		list = append(list, t)
	}
	if len(list) == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("it holds no token; write a line such as: ann read,operate TOKEN"))
	}
	return list, errors.Join(errs...)
}

func parseToken(words []string, before []Token) (Token, error) {
	if len(words) != 3 {
		return Token{}, fmt.Errorf("there are %d words; want a name, roles and a token, such as: ann read,operate TOKEN", len(words))
	}
	t := Token{Name: words[0], Secret: ivr.NewSecret(words[2])}
	for word := range strings.SplitSeq(words[1], ",") {
		r := Role(word)
		if r != Read && r != Operate && r != Disclose {
			return Token{}, errors.New("a role is read, operate or disclose; write several with commas between and no space")
		}
		t.Roles = append(t.Roles, r)
	}
	same := func(o Token) bool { return o.Secret.Reveal() == t.Secret.Reveal() }
	named := func(o Token) bool { return o.Name == t.Name }
	switch {
	case !tokenName.MatchString(t.Name):
		return Token{}, errors.New("a name has letters, digits and _ . - and begins with a letter")
	case len(words[2]) < MinToken:
		return Token{}, fmt.Errorf("the token is shorter than %d characters; make one with: openssl rand -base64 32", MinToken)
	case !tokenForm.MatchString(words[2]):
		return Token{}, errors.New("the token has characters that no header can hold; make one with: openssl rand -base64 32")
	case slices.ContainsFunc(before, same):
		return Token{}, errors.New("the token stands there twice; each has its own")
	case slices.ContainsFunc(before, named):
		return Token{}, fmt.Errorf("the name %s stands there twice", t.Name)
	}
	return t, nil
}

// bearer finds whose token a request bears. All are compared, each in the same time.
func bearer(r *http.Request, tokens []Token) (Token, bool) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return Token{}, false
	}
	scheme, given, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || given == "" {
		return Token{}, false
	}
	sum, found := sha256.Sum256([]byte(given)), -1
	for i, t := range tokens {
		want := sha256.Sum256([]byte(t.Secret.Reveal()))
		if subtle.ConstantTimeCompare(sum[:], want[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Token{}, false
	}
	return tokens[found], true
}

// peer is the address that a request comes from, without its port.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
