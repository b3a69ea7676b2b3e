package prove

// Generated is the small flow of a seed, as text.
var Generated = generated
