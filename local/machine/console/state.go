package console

// State is everything that the page shows but requests and logs, which are sent as they come.
type State struct {
	Address      string         `json:"address"`
	Flag         string         `json:"flag"` // what go run ./local needs to find the state
	Projects     []Project      `json:"projects"`
	Buckets      []Bucket       `json:"buckets"`
	Services     []Service      `json:"services"`
	Builds       []Build        `json:"builds"`
	Repositories []Repository   `json:"repositories"`
	Accounts     []Account      `json:"accounts"`
	Topics       []string       `json:"topics"`
	Backlogs     []Subscription `json:"subscriptions"`
	Policies     []Policy       `json:"policies"`
	Others       []string       `json:"others"`
	Flows        []Flow         `json:"flows"`
}

// Project is a project with the APIs it has enabled.
type Project struct {
	ID     string   `json:"id"`
	Number string   `json:"number"`
	APIs   []string `json:"apis"`
}

// Bucket is a bucket with its latest objects.
type Bucket struct {
	Name    string   `json:"name"`
	Project string   `json:"project"`
	Count   int      `json:"count"`
	Bytes   uint64   `json:"bytes"`
	Objects []Object `json:"objects"` // the newest first
	Topics  []Notice `json:"topics"`  // where it tells of its objects
}

// Notice is a notification configuration.
type Notice struct {
	Topic  string   `json:"topic"`
	Events []string `json:"events"` // empty for all
	Grant  Verdict  `json:"grant"`  // that Cloud Storage's agent may publish
}

// Object is one object.
type Object struct {
	Name string `json:"name"`
	Size uint64 `json:"size"`
	Type string `json:"type"`
	Time string `json:"time"`
}

// Service is a Cloud Run service with its revisions.
type Service struct {
	Name      string     `json:"name"`
	URL       string     `json:"url"`
	State     string     `json:"state"`
	Message   string     `json:"message"`
	Revisions []Revision `json:"revisions"`
	Image     string     `json:"image"`
	Account   string     `json:"account"`
	Buckets   []Access   `json:"buckets"` // those that its environment names or its account was given
}

// Access is what a service's account may do in a bucket.
type Access struct {
	Bucket string  `json:"bucket"`
	Read   Verdict `json:"read"`
	Write  Verdict `json:"write"`
}

// Verdict is whether something is allowed, with the grant that allows it or the one that is missing.
type Verdict struct {
	Allowed bool   `json:"allowed"`
	Why     string `json:"why"`
}

// Revision is one revision and how many instances of it run.
type Revision struct {
	Name      string `json:"name"`
	State     string `json:"state"`
	Instances int    `json:"instances"`
	Serving   bool   `json:"serving"`
}

// Build is a Cloud Build build.
type Build struct {
	ID     string   `json:"id"`
	Status string   `json:"status"`
	Time   string   `json:"time"`
	End    string   `json:"end"`
	Detail string   `json:"detail"`
	Images []string `json:"images"`
}

// Repository is an Artifact Registry repository with its images.
type Repository struct {
	Name   string   `json:"name"`
	Images []string `json:"images"`
}

// Account is a service account with the number of its keys.
type Account struct {
	Email string `json:"email"`
	Keys  int    `json:"keys"`
}

// Subscription is a subscription with its backlog.
type Subscription struct {
	Name        string  `json:"name"`
	Topic       string  `json:"topic"`
	Endpoint    string  `json:"endpoint"` // empty for one that is pulled from
	Account     string  `json:"account"`  // whose ID token a push carries
	Backlog     int     `json:"backlog"`
	DeadLetters string  `json:"deadLetters"` // the topic of what failed
	Attempts    int64   `json:"attempts"`    // after which a message goes there
	Push        Verdict `json:"push"`        // that the push's token can be made and opens the service
	Dead        Verdict `json:"dead"`        // that Pub/Sub's agent may forward what failed
}

// Policy is one grant: who has which role on what.
type Policy struct {
	Resource string `json:"resource"`
	Role     string `json:"role"`
	Member   string `json:"member"`
	Default  bool   `json:"default"` // Google makes it itself
}
