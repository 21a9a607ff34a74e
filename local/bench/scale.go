package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/api/option"
	"google.golang.org/api/pubsub/v1"
	"google.golang.org/api/serviceusage/v1"
	"google.golang.org/api/storage/v1"
)

// scale fills a bucket and a subscription, and prints what an operation costs when they have few and when they have
// many: the same, if the local cloud does not look at all of them each time.
func scale(ctx context.Context, count int) error {
	c, err := startCloud(ctx, "")
	if err != nil {
		return err
	}
	defer c.stop()
	s, err := openScaled(ctx)
	if err != nil {
		return err
	}
	sample := min(500, count)
	few := s.measure(ctx, 0, sample)
	for i := sample; i < count && s.err == nil; i += 100 {
		s.insert(ctx, i, min(100, count-i))
		s.publish(ctx, min(100, count-i))
	}
	many := s.measure(ctx, count, sample)
	if s.err != nil {
		return s.err
	}
	fmt.Printf("Milliseconds an operation, with few and with %d there.\n\n| operation | few | many | ratio "+
		"|\n|---|---:|---:|---:|\n", count)
	for i, f := range few {
		m := many[i]
		fmt.Printf("| %s | %.2f | %.2f | %.2f |\n", f.name, f.milliseconds, m.milliseconds, m.milliseconds/f.milliseconds)
	}
	return nil
}

// scaled is the bucket and the subscription. Its first error stays, and ends all that follows.
type scaled struct {
	storage *storage.Service
	pubsub  *pubsub.Service
	project string
	err     error
}

const scaledName = "scale-of-the-local-cloud"

func openScaled(ctx context.Context) (*scaled, error) {
	owner := option.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: os.Getenv("GOOGLE_OAUTH_ACCESS_TOKEN")}))
	s := &scaled{project: "projects/" + os.Getenv("CLOUDSDK_CORE_PROJECT")}
	var err error
	if s.storage, err = storage.NewService(ctx, owner,
		option.WithEndpoint(os.Getenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT"))); err != nil {
		return nil, err
	}
	endpoint := strings.TrimSuffix(os.Getenv("GOOGLE_PUBSUB_CUSTOM_ENDPOINT"), "v1/")
	if s.pubsub, err = pubsub.NewService(ctx, owner, option.WithEndpoint(endpoint)); err != nil {
		return nil, err
	}
	apis, err := serviceusage.NewService(ctx, owner,
		option.WithEndpoint(strings.TrimSuffix(os.Getenv("GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT"), "v1/")))
	if err == nil {
		_, err = apis.Services.Enable(s.project+"/services/pubsub.googleapis.com",
			&serviceusage.EnableServiceRequest{}).Context(ctx).Do()
	}
	if err != nil {
		return nil, err
	}
	_, err = s.storage.Buckets.Insert(os.Getenv("CLOUDSDK_CORE_PROJECT"),
		&storage.Bucket{Name: scaledName}).Context(ctx).Do()
	if err == nil {
		_, err = s.pubsub.Projects.Topics.Create(s.topic(), &pubsub.Topic{}).Context(ctx).Do()
	}
	if err == nil {
		_, err = s.pubsub.Projects.Subscriptions.Create(s.subscription(), &pubsub.Subscription{Topic: s.topic(),
			AckDeadlineSeconds: 600}).Context(ctx).Do()
	}
	return s, err
}

func (s *scaled) topic() string { return s.project + "/topics/" + scaledName }

func (s *scaled) subscription() string { return s.project + "/subscriptions/" + scaledName }

type cost struct {
	name         string
	milliseconds float64
}

// measure does each operation a number of times.
func (s *scaled) measure(ctx context.Context, from, times int) (costs []cost) {
	timed := func(name string, times int, do func()) {
		began := time.Now()
		do()
		costs = append(costs, cost{name, time.Since(began).Seconds() * 1000 / float64(times)})
	}
	timed("insert an object", times, func() { s.insert(ctx, from, times) })
	timed("read an object's metadata", times, func() {
		for i := range times {
			s.do(func() error {
				_, err := s.storage.Objects.Get(scaledName, objectName(from+i)).Context(ctx).Do()
				return err
			})
		}
	})
	timed("list 100 objects", 20, func() {
		for range 20 {
			s.do(func() error {
				_, err := s.storage.Objects.List(scaledName).MaxResults(100).Context(ctx).Do()
				return err
			})
		}
	})
	timed("publish a message", times, func() { s.publish(ctx, times) })
	timed("pull and acknowledge a message", times, func() {
		for range times {
			s.do(func() error { return s.pull(ctx) })
		}
	})
	return costs
}

func (s *scaled) do(call func() error) {
	if s.err == nil {
		s.err = call()
	}
}

func objectName(i int) string { return fmt.Sprintf("%03d/%07d", i%1000, i) }

func (s *scaled) insert(ctx context.Context, from, times int) {
	for i := range times {
		s.do(func() error {
			_, err := s.storage.Objects.Insert(scaledName, &storage.Object{Name: objectName(from + i)}).
				Media(strings.NewReader("text")).Context(ctx).Do()
			return err
		})
	}
}

func (s *scaled) publish(ctx context.Context, times int) {
	for range times {
		s.do(func() error {
			_, err := s.pubsub.Projects.Topics.Publish(s.topic(), &pubsub.PublishRequest{
				Messages: []*pubsub.PubsubMessage{{Attributes: map[string]string{"objectId": "a.docx"}}},
			}).Context(ctx).Do()
			return err
		})
	}
}

func (s *scaled) pull(ctx context.Context) error {
	pulled, err := s.pubsub.Projects.Subscriptions.Pull(s.subscription(),
		&pubsub.PullRequest{MaxMessages: 1}).Context(ctx).Do()
	if err != nil {
		return err
	}
	var acks []string
	for _, m := range pulled.ReceivedMessages {
		acks = append(acks, m.AckId)
	}
	_, err = s.pubsub.Projects.Subscriptions.Acknowledge(s.subscription(),
		&pubsub.AcknowledgeRequest{AckIds: acks}).Context(ctx).Do()
	return err
}
