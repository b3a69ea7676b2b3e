package graph

// DecodeEach is decodeEach: the fast reader has to agree with it.
var DecodeEach = decodeEach
