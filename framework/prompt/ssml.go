package prompt

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
)

// speakElement begins an SSML document, whose root it is.
const speakElement = "<speak"

// SSML is a text with marks of SSML as a document, as synthesisers want it: its
// root is speak, with the locale. A text that has a root of its own stays as it
// is.
func SSML(text, locale string) string {
	if strings.HasPrefix(strings.TrimSpace(text), speakElement) {
		return text
	}
	return fmt.Sprintf(`<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang=%q>%s</speak>`, locale, text)
}

// CheckSSML says what keeps a text with marks of SSML from being read: tags that
// do not close each other, and characters that are none of XML's text. Which
// elements there are is the synthesiser's business.
func CheckSSML(text string) error {
	d := xml.NewDecoder(strings.NewReader(SSML(text, "en")))
	depth, roots, stray := 0, 0, false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if fault, ok := errors.AsType[*xml.SyntaxError](err); ok {
			return fmt.Errorf("%s; a & is written &amp; and a < is written &lt;", fault.Msg)
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.CharData:
			stray = stray || depth == 0 && len(bytes.TrimSpace(token)) > 0
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive, xml.ProcInst:
			return errors.New("declarations such as <!DOCTYPE ...> and <?xml ...?> are not taken; begin with the text, or with <speak>")
		}
	}
	if roots != 1 || stray {
		return errors.New("there is text outside of <speak>")
	}
	return nil
}

// Unmarked is what is heard of a text with marks of SSML.
func Unmarked(text string) string {
	return strings.Join(strings.Fields(html.UnescapeString(withoutTags(text))), " ")
}
