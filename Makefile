.DEFAULT_GOAL := help
.PHONY: help setup demo test client official bench image clean

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what this machine lacks: LibreOffice and Pulumi.
	@local/setup.sh

demo: setup ## Deploy to a Google Cloud on this machine, convert demo.docx with the key, destroy.
	@local/demo.sh

test: ## Run every test.
	@local/setup.sh tests
	go vet ./... ./service/... ./local/...
	go test -timeout 40m ./... ./service/... ./local/...

client: ## Build the client for Linux, macOS and Windows into .local/client.
	@for target in linux/amd64 linux/arm64 darwin/arm64 darwin/amd64 windows/amd64; do \
	  os=$${target%/*} arch=$${target#*/}; out=.local/client/client-$$os-$$arch; \
	  if [ $$os = windows ]; then out=$$out.exe; fi; echo "$$out"; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -o $$out ./client || exit 1; \
	done

official: ## Run the end-to-end tests with the official pulumi-resource-gcp, compare it with the built-in provider.
	@local/official.sh

bench: setup ## Measure the converter against LibreOffice's own command (CORPUS=folder, GOTENBERG_URL=url), and pulumi up.
	go run ./service/bench
	go run ./local/bench

image: ## Build the container image with a Docker engine, run it as Cloud Run does, convert through it.
	service/image.sh

clean: ## Delete what the local Google Cloud keeps in this folder.
	rm -rf .local converter demo.pdf
