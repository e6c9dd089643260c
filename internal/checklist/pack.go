package checklist

// Item is one thing to do, read, decide or keep doing. Text fields hold ids' English text;
// use [Pack.Text] for the reader's language.
type Item struct {
	ID          string       `json:"id"`
	Rev         int          `json:"rev"`
	Kind        string       `json:"kind"` // task, habit, read, decision or contact
	Stops       []string     `json:"stops"`
	DoesNotStop []string     `json:"does_not_stop"`
	Lane        Lane         `json:"lane"`
	Impact      int          `json:"impact"`
	Minutes     int          `json:"minutes"`
	Effort      string       `json:"effort"`
	FanOut      string       `json:"fan_out,omitempty"` // capability each platform must have; "" for none
	Steps       []Step       `json:"steps,omitempty"`
	SkipReasons []SkipReason `json:"skip_reasons"`
	HelperOK    bool         `json:"helper_ok"`
	Sources     []string     `json:"sources"`
	AsOf        string       `json:"as_of"`     // YYYY-MM-DD
	ReviewBy    string       `json:"review_by"` // YYYY-MM-DD
	Confidence  string       `json:"confidence"`
}

// Step is one action of an item.
type Step struct {
	ID  string `json:"id"`
	Ref string `json:"ref,omitempty"` // what the step links to: an agency, platform or source
}

// Platform is a service that a person may use, such as Facebook.
type Platform struct {
	ID           string                `json:"id"`
	Name         string                `json:"name"`
	Capabilities map[string]Capability `json:"capabilities"`
	Cannot       []string              `json:"cannot,omitempty"`
}

// Capability says how to do one thing on one platform.
type Capability struct {
	Web        []string `json:"web_path,omitempty"`
	IOS        []string `json:"ios_path,omitempty"`
	Android    []string `json:"android_path,omitempty"`
	Link       string   `json:"deep_link,omitempty"`
	HelpURL    string   `json:"help_url,omitempty"`
	Minutes    int      `json:"minutes"`
	AsOf       string   `json:"as_of"`
	ReviewBy   string   `json:"review_by"`
	Confidence string   `json:"confidence"`
	Caveat     string   `json:"caveat,omitempty"`
}

// Pack is a verified content pack. It does not change.
type Pack struct{}
