package failed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/pubsub/v1"

	"docx2pdf/client/converter"
	"docx2pdf/client/trouble"
)

// DeadLetters is the subscription with the events whose documents could not be converted.
type DeadLetters struct {
	subscriptions *pubsub.ProjectsSubscriptionsService
	name          string // projects/P/subscriptions/S
	account       string
	first         time.Duration // the pause before a call is made again
}

// letter is an event that is leased to this client.
type letter struct {
	source converter.Source
	ackID  string
}

// Open connects to Pub/Sub. A subscription without a project is in the account's.
func Open(ctx context.Context, subscription, account string, first time.Duration,
	credentials ...option.ClientOption) (*DeadLetters, error) {
	if !strings.Contains(subscription, "/") {
		project, err := projectOf(account)
		if err != nil {
			return nil, err
		}
		subscription = "projects/" + project + "/subscriptions/" + subscription
	}
	// The same variable moves the Pulumi provider. Its version is in the paths of this library.
	if endpoint := os.Getenv("GOOGLE_PUBSUB_CUSTOM_ENDPOINT"); endpoint != "" {
		credentials = append(credentials, option.WithEndpoint(strings.TrimSuffix(endpoint, "v1/")))
	}
	service, err := pubsub.NewService(ctx, credentials...)
	if err != nil {
		return nil, fmt.Errorf("connecting to Pub/Sub: %w", err)
	}
	return &DeadLetters{service.Projects.Subscriptions, subscription, account, first}, nil
}

// projectOf is the project in an account's email, NAME@PROJECT.iam.gserviceaccount.com, where a project of a domain is
// PROJECT.example.com. https://cloud.google.com/iam/docs/service-account-types#user-managed
func projectOf(account string) (string, error) {
	_, domain, _ := strings.Cut(account, "@")
	project, found := strings.CutSuffix(domain, ".iam.gserviceaccount.com")
	if !found {
		return "", errors.New("it is not known in which project the dead letters are; " +
			"name the subscription in full: DOCX2PDF_DEAD_LETTERS=projects/PROJECT/subscriptions/NAME")
	}
	if id, of, isDomain := strings.Cut(project, "."); isDomain {
		return of + ":" + id, nil
	}
	return project, nil
}

// pull leases all events that can be had now.
func (l *DeadLetters) pull(ctx context.Context) ([]letter, error) {
	var letters []letter
	seen := map[string]bool{}
	for empty := 0; empty < 2; {
		answer, err := trouble.Again(ctx, l.first, func() (*pubsub.PullResponse, error) {
			return l.subscriptions.Pull(l.name,
				&pubsub.PullRequest{MaxMessages: 1000, ReturnImmediately: true}).Context(ctx).Do()
		})
		if err != nil {
			return letters, l.worded("reading", err)
		}
		before := len(seen)
		for _, m := range answer.ReceivedMessages {
			if !seen[m.Message.MessageId] {
				letters = append(letters, letter{sourceOf(m.Message.Attributes), m.AckId})
			}
			seen[m.Message.MessageId] = true
		}
		if len(seen) == before {
			empty++ // Pub/Sub may have more than it says at once
		} else {
			empty = 0
		}
	}
	return letters, nil
}

func sourceOf(attributes map[string]string) converter.Source {
	generation, _ := strconv.ParseInt(attributes["objectGeneration"], 10, 64)
	return converter.Source{Bucket: attributes["bucketId"], Object: attributes["objectId"], Generation: generation}
}

func (l *DeadLetters) acknowledge(ctx context.Context, letters []letter) error {
	_, err := trouble.Again(ctx, l.first, func() (*pubsub.Empty, error) {
		return l.subscriptions.Acknowledge(l.name, &pubsub.AcknowledgeRequest{AckIds: ackIDs(letters)}).Context(ctx).Do()
	})
	return l.worded("clearing", err)
}

// Hold keeps a document's letters for ten minutes, the most there is.
func (l *DeadLetters) Hold(ctx context.Context, d *Document) error {
	if l == nil || len(d.letters) == 0 {
		return nil
	}
	return l.deadline(ctx, d.letters, 600)
}

func (l *DeadLetters) release(ctx context.Context, documents []*Document) error {
	var letters []letter
	for _, d := range documents {
		letters = append(letters, d.letters...)
	}
	for len(letters) > 0 {
		n := min(len(letters), 1000)
		if err := l.deadline(ctx, letters[:n], 0); err != nil {
			return err
		}
		letters = letters[n:]
	}
	return nil
}

func (l *DeadLetters) deadline(ctx context.Context, letters []letter, seconds int64) error {
	_, err := trouble.Again(ctx, l.first, func() (*pubsub.Empty, error) {
		return l.subscriptions.ModifyAckDeadline(l.name, &pubsub.ModifyAckDeadlineRequest{
			AckIds: ackIDs(letters), AckDeadlineSeconds: seconds, ForceSendFields: []string{"AckDeadlineSeconds"},
		}).Context(ctx).Do()
	})
	return l.worded("holding", err)
}

func ackIDs(letters []letter) []string {
	var ids []string
	for _, l := range letters {
		ids = append(ids, l.ackID)
	}
	return ids
}

func (l *DeadLetters) worded(doing string, err error) error {
	var refused *googleapi.Error
	var signIn *trouble.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &signIn):
		return signIn
	case errors.As(err, &refused) && refused.Code == http.StatusForbidden:
		return fmt.Errorf("%s the dead letters: %s may not; "+
			"name it in the stack's operators, or grant it roles/pubsub.subscriber on %s", doing, l.account, l.name)
	case errors.As(err, &refused) && refused.Code == http.StatusNotFound:
		return fmt.Errorf("%s the dead letters: there is no subscription %s; "+
			"compare it with: pulumi stack output deadLetters", doing, l.name)
	}
	if found := trouble.Of(err); found != nil {
		return found
	}
	return fmt.Errorf("%s the dead letters: %w", doing, err)
}
