package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/errgroup"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/pubsub/v1"
	"google.golang.org/api/serviceusage/v1"
	"google.golang.org/api/storage/v1"
)

// scale fills a bucket and a subscription, and prints what an operation costs when they have few and when they have
// many: the same, if the local cloud does not look at all of them each time. Then it prints what a start costs.
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
	const sample = 500
	few := s.measure(ctx, 0, sample)
	fewMemory, fewOwn, err := c.memory()
	if err != nil {
		return err
	}
	began := time.Now()
	s.fill(ctx, sample, count)
	fmt.Fprintf(os.Stderr, "filled in %.0f s\n", time.Since(began).Seconds())
	many := s.measure(ctx, sample+count, sample)
	manyMemory, manyOwn, err := c.memory()
	if err = errors.Join(s.err, err); err != nil {
		return err
	}
	fmt.Printf("Milliseconds an operation, the median of %d, with few and with %d there.\n\n"+
		"| operation | few | many | ratio |\n|---|---:|---:|---:|\n", sample, count)
	for i, f := range few {
		m := many[i]
		fmt.Printf("| %s | %.2f | %.2f | %.2f |\n", f.name, f.milliseconds, m.milliseconds, m.milliseconds/f.milliseconds)
	}
	fmt.Printf("\nMiB in memory, and without the file of the state: %d and %d with few, %d and %d with many.\n", fewMemory,
		fewOwn, manyMemory, manyOwn)
	return s.restart(ctx, c)
}

// restart prints how long the cloud takes to end, and to answer again.
func (s *scaled) restart(ctx context.Context, c *cloud) error {
	began := time.Now()
	c.end()
	ended := time.Since(began)
	began = time.Now()
	if err := c.start(); err != nil {
		return err
	}
	for {
		_, err := s.pubsub.Projects.Subscriptions.Get(s.subscription()).Context(ctx).Do()
		if err == nil {
			break
		}
		if time.Since(began) > time.Minute {
			return fmt.Errorf("the local Google Cloud does not start again: %w", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	started := time.Since(began)
	if err := s.pull(ctx); err != nil {
		return err
	}
	pulled := time.Since(began)
	all, own, err := c.memory()
	fmt.Printf("Seconds until it has ended: %.2f; until it answers again: %.2f; until a message is pulled: %.2f. "+
		"MiB in memory after that, and without the file of the state: %d and %d.\n", ended.Seconds(), started.Seconds(),
		pulled.Seconds(), all, own)
	return err
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
	token := &oauth2.Token{AccessToken: os.Getenv("GOOGLE_OAUTH_ACCESS_TOKEN")}
	owner := option.WithTokenSource(oauth2.StaticTokenSource(token))
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

// measure does each operation a number of times, on objects from a number on.
func (s *scaled) measure(ctx context.Context, from, times int) (costs []cost) {
	timed := func(name string, do func(i int) error) {
		took := make([]time.Duration, times)
		for i := range took {
			began := time.Now()
			s.do(func() error { return do(from + i) })
			took[i] = time.Since(began)
		}
		costs = append(costs, cost{name, median(took).Seconds() * 1000})
	}
	timed("insert an object", func(i int) error { return s.insert(ctx, i) })
	timed("read an object's metadata", func(i int) error {
		_, err := s.storage.Objects.Get(scaledName, objectName(i)).Context(ctx).Do()
		return err
	})
	timed("read an object's content", func(i int) error {
		response, err := s.storage.Objects.Get(scaledName, objectName(i)).Context(ctx).Download()
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return err
	})
	timed("replace an object", func(i int) error { return s.insert(ctx, i) })
	timed("list 100 objects", func(int) error {
		_, err := s.storage.Objects.List(scaledName).MaxResults(100).Context(ctx).Do()
		return err
	})
	timed("list 100 objects from the middle", func(i int) error {
		_, err := s.storage.Objects.List(scaledName).StartOffset(objectName(i)).MaxResults(100).Context(ctx).Do()
		return err
	})
	timed("list 100 folders", func(int) error {
		_, err := s.storage.Objects.List(scaledName).Delimiter("/").MaxResults(100).Context(ctx).Do()
		return err
	})
	timed("publish a message", func(int) error { return s.publish(ctx, 1) })
	timed("pull and acknowledge a message", func(int) error { return s.pull(ctx) })
	timed("delete an object", func(i int) error {
		return s.storage.Objects.Delete(scaledName, objectName(i)).Context(ctx).Do()
	})
	return costs
}

// fill makes objects by several clients at once, and as many messages by the thousand.
func (s *scaled) fill(ctx context.Context, from, count int) {
	var clients errgroup.Group
	clients.SetLimit(4)
	for i := from; i < from+count; i++ {
		clients.Go(func() error { return s.insert(ctx, i) })
	}
	s.do(clients.Wait)
	for left := count; left > 0; left -= 1000 {
		s.do(func() error { return s.publish(ctx, min(left, 1000)) })
	}
}

func (s *scaled) do(call func() error) {
	if s.err == nil {
		s.err = call()
	}
}

func objectName(i int) string { return fmt.Sprintf("%03d/%07d", i%1000, i) }

// insert sends the content in one piece: for chunks the client takes 16 MiB of memory each time, which costs more than
// the cloud does.
func (s *scaled) insert(ctx context.Context, i int) error {
	_, err := s.storage.Objects.Insert(scaledName, &storage.Object{Name: objectName(i)}).
		Media(strings.NewReader("text"), googleapi.ChunkSize(0)).Context(ctx).Do()
	return err
}

func (s *scaled) publish(ctx context.Context, messages int) error {
	one := &pubsub.PubsubMessage{Attributes: map[string]string{"objectId": "a.docx"}}
	_, err := s.pubsub.Projects.Topics.Publish(s.topic(), &pubsub.PublishRequest{
		Messages: slices.Repeat([]*pubsub.PubsubMessage{one}, messages)}).Context(ctx).Do()
	return err
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
