package storage

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// checkLifecycle refuses rules that the local cloud does not carry out. It deletes by age and state; unfinished uploads
// are gone with the next start anyway.
func checkLifecycle(b storageapi.Bucket) error {
	if b.Lifecycle == nil {
		return nil
	}
	for _, rule := range b.Lifecycle.Rule {
		if kind := rule.Action.Type; kind != "Delete" && kind != "AbortIncompleteMultipartUpload" {
			return status.NotModelled("the lifecycle action %s", kind)
		}
		c := *rule.Condition
		if c.CreatedBefore != "" || c.CustomTimeBefore != "" || c.DaysSinceCustomTime != 0 ||
			c.DaysSinceNoncurrentTime != 0 || c.MatchesPattern != "" ||
			len(c.MatchesPrefix) > 0 || len(c.MatchesStorageClass) > 0 || len(c.MatchesSuffix) > 0 ||
			c.NoncurrentTimeBefore != "" || c.NumNewerVersions != 0 ||
			c.SizeAboveBytes != 0 || c.SizeBelowBytes != 0 {
			return status.NotModelled("lifecycle conditions other than age and isLive")
		}
		if c.Age == nil {
			return status.NotModelled("lifecycle rules without an age")
		}
	}
	return nil
}

// Sweep carries out the lifecycle rules of all buckets, now and then every hour until the context ends.
func (s *Service) Sweep(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		for _, b := range s.buckets.List("") {
			if err := s.expire(b, time.Now()); err != nil {
				log.Error("a lifecycle rule failed", "bucket", b.Name, "error", err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// expire deletes the bucket's objects that a rule says are old enough.
func (s *Service) expire(b bucket, now time.Time) error {
	if b.Lifecycle == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rule := range b.Lifecycle.Rule {
		if rule.Action.Type != "Delete" {
			continue
		}
		if live := rule.Condition.IsLive; live == nil || *live {
			for _, o := range s.objects.List(b.Name + "/") {
				if !old(o, rule, now) {
					continue
				}
				var gone store.Batch
				s.retireIn(&gone, b, o, nil)
				if err := s.db.Write(&gone); err != nil {
					return err
				}
			}
		}
		if live := rule.Condition.IsLive; live == nil || !*live {
			for _, o := range s.versions.List(b.Name + "/") {
				if !old(o, rule, now) {
					continue
				}
				var gone store.Batch
				s.dropIn(&gone, b, o, nil)
				if err := s.db.Write(&gone); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func old(o storageapi.Object, rule *storageapi.BucketLifecycleRule, now time.Time) bool {
	created, err := time.Parse(time.RFC3339, o.TimeCreated)
	return err == nil && now.Sub(created) >= time.Duration(*rule.Condition.Age)*24*time.Hour
}

// dropUnfinished removes the content that no object has: what was left behind when the last stop cut off an upload, a
// replacement or a deletion.
func (s *Service) dropUnfinished() error {
	named := map[string]bool{}
	type content struct {
		Generation int64 `json:"generation,string"`
	}
	for _, collection := range []string{objectsName, versionsName} {
		for o := range store.In[content](s.db, collection).Scan("", "") {
			named[strconv.FormatInt(o.Generation, 10)] = true
		}
	}
	blobs, err := os.ReadDir(s.blobs)
	for _, blob := range blobs {
		if !named[blob.Name()] {
			if err := os.Remove(filepath.Join(s.blobs, blob.Name())); err != nil {
				return err
			}
		}
	}
	return err
}
