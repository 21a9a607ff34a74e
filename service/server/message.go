package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"docx2pdf/service/conversion"
	"docx2pdf/service/options"
	"docx2pdf/service/outcome"
	"docx2pdf/service/warning"
)

// answer is what the caller of a message hears.
type answer struct {
	Error        string                    `json:"error"`
	Skipped      string                    `json:"skipped,omitempty"`   // why nothing had to be done
	Unchanged    bool                      `json:"unchanged,omitempty"` // the PDF was there already
	Pages        int                       `json:"pages,omitempty"`
	Bucket       string                    `json:"bucket,omitempty"`
	Object       string                    `json:"object,omitempty"`
	Generation   int64                     `json:"generation,string,omitempty"`
	Fonts        []conversion.Substitution `json:"fonts,omitempty"`
	OwnFonts     []string                  `json:"ownFonts,omitempty"`
	Warnings     []warning.Warning         `json:"warnings,omitempty"`
	Milliseconds map[string]float64        `json:"milliseconds,omitempty"`
}

// convertMessage converts from bucket to bucket.
func (s *Server) convertMessage(w http.ResponseWriter, r *http.Request, e *entry, b *body, query url.Values) error {
	e.form, e.messageID = "message", b.Message.MessageID
	o, err := readOrder(b, query)
	e.bucket, e.object, e.generation = o.Bucket, o.Object, o.Generation
	if err != nil {
		return err
	}
	if s.keeper == nil {
		return badRequest("this converter has no output bucket; set OUTPUT_BUCKET, or send the document itself")
	}
	result, err := s.keeper.Fulfil(r.Context(), o)
	e.fulfilled(result)
	if err != nil {
		return err
	}
	w.Header().Set("Server-Timing", e.serverTiming())
	writeJSON(w, http.StatusOK, answer{
		Skipped: result.Skipped, Unchanged: result.Unchanged, Pages: e.Pages,
		Bucket: result.PDF.Bucket, Object: result.PDF.Name, Generation: result.PDF.Generation,
		Fonts: e.Fonts, OwnFonts: e.OwnFonts, Warnings: e.Warnings, Milliseconds: e.milliseconds(),
	})
	return e.sent(nil)
}

// readOrder reads the attributes of a Cloud Storage notification, which callers send by hand too, and options among
// them. https://cloud.google.com/storage/docs/pubsub-notifications#attributes
func readOrder(b *body, query url.Values) (outcome.Order, error) {
	attributes := b.Message.Attributes
	o := outcome.Order{
		Bucket:    attributes["bucketId"],
		Object:    attributes["objectId"],
		Event:     attributes["eventType"],
		Push:      b.Subscription != "",
		MessageID: b.Message.MessageID,
	}
	if o.Bucket == "" || o.Object == "" {
		return o, badRequest(`the message needs the attributes "bucketId" and "objectId"`)
	}
	if text := attributes["objectGeneration"]; text != "" {
		generation, err := strconv.ParseInt(text, 10, 64)
		if err != nil || generation <= 0 {
			return o, badRequest("the attribute objectGeneration is %q: it must be a generation number", text)
		}
		o.Generation = generation
	}
	for name := range attributes {
		if !o.Push && !options.Known(name) && !ofANotification(name) {
			return o, badOption(fmt.Errorf("message attribute: %w", options.Unknown(name)))
		}
	}
	o.Asked = []options.Layer{options.Map(attributes), layer(query)}
	_, err := options.Parse(o.Asked...)
	return o, badOption(err)
}

// ofANotification tells whether a notification of Cloud Storage has an attribute of this name: callers send again what
// was delivered. Others would be misspelt options, that are passed over in silence.
// https://cloud.google.com/storage/docs/pubsub-notifications#attributes
func ofANotification(name string) bool {
	return slices.Contains([]string{"bucketId", "objectId", "objectGeneration", "eventType", "eventTime",
		"notificationConfig", "payloadFormat", "overwroteGeneration", "overwrittenByGeneration"}, name) ||
		strings.HasPrefix(name, "CloudPubSub") || strings.HasPrefix(name, "googclient_")
}
