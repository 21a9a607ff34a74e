package logging

import (
	"slices"

	loggingapi "google.golang.org/api/logging/v2"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// deleted is the state of a log bucket for seven days after its deletion. Its name is taken for so long.
// https://cloud.google.com/logging/docs/buckets#delete-bucket
const deleted = "DELETE_REQUESTED"

// longest is the most days that a log bucket keeps entries.
const longest = 3650

func (s *Service) logBuckets() configured[loggingapi.LogBucket] {
	return configured[loggingapi.LogBucket]{
		items: s.buckets, fields: []string{"retentionDays", "description"},
		name: func(r *rest.Request) string {
			return r.Name("projects", "{project}", "locations", "{location}", "buckets", "{id}")
		},
		check: checkBucket,
		set: func(b *loggingapi.LogBucket, r *rest.Request, created bool) {
			b.Name = r.Name("projects", "{project}", "locations", "{location}", "buckets", "{id}")
			if b.UpdateTime = now(); created {
				b.CreateTime, b.LifecycleState = b.UpdateTime, "ACTIVE"
			}
		},
	}
}

func checkBucket(b *loggingapi.LogBucket, r *rest.Request) error {
	if b.RetentionDays == 0 {
		b.RetentionDays = 30
	}
	switch {
	case b.LifecycleState == deleted:
		return status.Errorf(status.FailedPrecondition, "Bucket %s is being deleted: undelete it first.", b.Name)
	case b.RetentionDays < 1 || b.RetentionDays > longest:
		return status.Errorf(status.InvalidArgument, "Retention days must be between 1 and %d.", longest)
	case b.Locked || b.AnalyticsEnabled || b.CmekSettings != nil || len(b.IndexConfigs) > 0 || len(b.RestrictedFields) > 0:
		return status.NotModelled("locked log buckets, their analytics, keys, indexes and restricted fields")
	}
	return checkID(r)
}

func (s *Service) deleteBucket(r *rest.Request) (any, error) {
	_, err := s.setLifecycle(r, deleted)
	return rest.Empty{}, err
}

func (s *Service) undeleteBucket(r *rest.Request) (any, error) {
	_, err := s.setLifecycle(r, "ACTIVE")
	return rest.Empty{}, err
}

func (s *Service) setLifecycle(r *rest.Request, state string) (loggingapi.LogBucket, error) {
	name := s.logBuckets().name(r)
	return s.buckets.Update(name, func(b *loggingapi.LogBucket, exists bool) error {
		if !exists {
			return notFound(name)
		}
		b.LifecycleState, b.UpdateTime = state, now()
		return nil
	})
}

// Names lists the buckets that are not being deleted, the sinks and the exclusions, for the inventory.
func (s *Service) Names() []string {
	var names []string
	for _, b := range s.buckets.List("") {
		if b.LifecycleState != deleted {
			names = append(names, b.Name)
		}
	}
	return slices.Concat(names, s.sinks.Keys(""), s.exclusions.Keys(""))
}
