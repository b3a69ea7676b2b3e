package bot

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

var (
	secretKey   = regexp.MustCompile(`(?i)(?:secret|key|password|token)["']?\s*:[ \t]*`)
	userInfo    = regexp.MustCompile(`://[^/@\s]*@`)
	queryInURL  = regexp.MustCompile(`(://[^\s?#"']*[?#])[^\s"']*`)
	inBraces    = regexp.MustCompile(`^[^,}]*`)
	quotedValue = regexp.MustCompile(`^"(?:[^"\\]|\\.)*"?|^'[^']*'?`)
)

const mask = "***"

// MaskSecrets is the source of the configuration file with "***" in the place
// of all that may be a secret, so that its lines can be shown beside the
// findings: values of keys with such names, user names and queries of
// addresses, and what a finding says is a secret or belongs to an unknown key.
func MaskSecrets(file string, src []byte, list diag.List) []byte {
	lines := strings.Split(string(src), "\n")
	for _, d := range slices.Backward(list) { // what stands before a place keeps its columns
		if d.Pos.File == file && d.Pos.Line >= 1 && d.Pos.Line <= len(lines) {
			lines[d.Pos.Line-1] = maskFound(lines[d.Pos.Line-1], d)
		}
	}
	for i, line := range lines {
		line = userInfo.ReplaceAllString(line, "://"+mask+"@")
		lines[i] = maskKeys(queryInURL.ReplaceAllString(line, "${1}"+mask))
	}
	return []byte(strings.Join(lines, "\n"))
}

// maskFound masks on a line what a finding says is a secret.
func maskFound(line string, d diag.Diagnostic) string {
	runes := []rune(line)
	from := len(string(runes[:min(max(d.Pos.Col-1, 0), len(runes))]))
	switch {
	case d.Rule == ruleConfigLiteral:
		return maskAt(line, from)
	case strings.HasSuffix(d.Message, notShown):
		return line[:from] + mask
	case d.Rule == tree.RuleUnknownKey:
		if i := strings.Index(line[from:], ":"); i >= 0 {
			return maskAt(line, from+i+1)
		}
	}
	return line
}

// maskKeys masks the values of keys that are named like secrets. A map is left
// as it is: it says where the secret is.
func maskKeys(line string) string {
	for from := 0; ; {
		m := secretKey.FindStringIndex(line[from:])
		if m == nil {
			return line
		}
		from += m[1]
		line = maskAt(line, from)
	}
}

// maskAt masks the value that begins at a byte of the line. In braces it ends
// with the next comma or brace, else with the line.
func maskAt(line string, from int) string {
	for from < len(line) && (line[from] == ' ' || line[from] == '\t') {
		from++
	}
	value := line[from:]
	if value == "" || value[0] == '{' || value[0] == '#' || strings.HasPrefix(value, mask) {
		return line
	}
	if strings.Contains(line[:from], "{") {
		value = inBraces.FindString(value)
	}
	if quoted := quotedValue.FindString(line[from:]); quoted != "" {
		value = quoted
	}
	return line[:from] + mask + line[from+len(value):]
}
