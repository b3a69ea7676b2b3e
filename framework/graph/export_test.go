package graph

// DecodeEach is decodeEach: the fast reader has to agree with it.
var DecodeEach = decodeEach

// ReadOperation is readOperation: encoding/json has to agree with it.
var ReadOperation = readOperation

// CheckShape is checkShape: what it refuses is not read.
var CheckShape = checkShape
