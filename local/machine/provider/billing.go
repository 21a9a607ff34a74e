package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

const budgets = "/billingbudgets/v1/"

func init() {
	register(map[string]*kind{
		"gcp:billing/budget:Budget": {
			defaults: map[string]any{
				"budgetFilter.creditTypesTreatment":           "INCLUDE_ALL_CREDITS",
				"thresholdRules[].spendBasis":                 "CURRENT_SPEND",
				"allUpdatesRule.schemaVersion":                "1.0",
				"allUpdatesRule.disableDefaultIamRecipients":  false,
				"allUpdatesRule.enableProjectLevelRecipients": false,
			},
			rules: map[string]rule{
				"budgetFilter.calendarPeriod": enum("MONTH", "QUARTER", "YEAR", "CALENDAR_PERIOD_UNSPECIFIED"),
				"budgetFilter.creditTypesTreatment": enum("INCLUDE_ALL_CREDITS", "EXCLUDE_ALL_CREDITS",
					"INCLUDE_SPECIFIED_CREDITS"),
				"thresholdRules[].spendBasis": enum("CURRENT_SPEND", "FORECASTED_SPEND"),
			},
			computed: []string{"budgetFilter", "budgetFilter.creditTypes", "budgetFilter.labels", "budgetFilter.services",
				"budgetFilter.subaccounts", "budgetFilter.calendarPeriod", "amount.specifiedAmount.currencyCode",
				"ownershipScope"},
			unordered: []string{"budgetFilter.projects", "budgetFilter.resourceAncestors"},
			wire:      map[string]string{"Budget.allUpdatesRule": "notificationsRule"},
			create:    createBudget, read: readBudget, update: updateBudget,
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, budgets+c.id) },
		},
	})
}

// budgetBody is the inputs as Google's API wants them: a label has a list of values there, of which one is allowed.
// https://cloud.google.com/billing/docs/reference/budget/rest/v1/billingAccounts.budgets
func budgetBody(c *call) map[string]any {
	body := c.body("Budget")
	delete(body, "billingAccount")
	if filter, ok := body["budgetFilter"].(map[string]any); ok {
		if labels, ok := filter["labels"].(map[string]any); ok {
			listed := map[string]any{}
			for name, value := range labels {
				listed[name] = []any{value}
			}
			filter["labels"] = listed
		}
	}
	return body
}

func createBudget(ctx context.Context, c *call) (string, map[string]any, error) {
	account := strings.TrimPrefix(c.text("billingAccount"), "billingAccounts/")
	answer, err := c.rest.call(ctx, http.MethodPost, budgets+"billingAccounts/"+account+"/budgets", budgetBody(c))
	if err != nil {
		return "", nil, err
	}
	c.id, _ = answer["name"].(string)
	return c.id, nil, nil
}

func readBudget(ctx context.Context, c *call) (map[string]any, error) {
	answer, err := c.rest.call(ctx, http.MethodGet, budgets+c.id, nil)
	if err != nil {
		return nil, err
	}
	if filter, ok := answer["budgetFilter"].(map[string]any); ok {
		if labels, ok := filter["labels"].(map[string]any); ok {
			for name, values := range labels {
				if list, ok := values.([]any); ok && len(list) > 0 {
					labels[name] = list[0]
				}
			}
		}
	}
	state := c.kind.decode("Budget", answer, c.schema.Outputs)
	state["billingAccount"], state["name"] = strings.Split(c.id, "/")[1], lastPart(c.id)
	return state, nil
}

func updateBudget(ctx context.Context, c *call) error {
	_, mask := c.patch("Budget", "displayName", "budgetFilter", "amount", "thresholdRules", "allUpdatesRule",
		"ownershipScope")
	if mask == "" {
		return nil
	}
	_, err := c.rest.call(ctx, http.MethodPatch, budgets+c.id+"?updateMask="+url.QueryEscape(mask), budgetBody(c))
	return err
}
