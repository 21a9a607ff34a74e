package office

// WithRegistry replaces LibreOffice's configuration for engines that are started until the returned function is called.
func WithRegistry(content string) (restore func()) {
	saved := registry
	registry = []byte(content)
	return func() { registry = saved }
}
