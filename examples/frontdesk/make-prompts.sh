#!/bin/sh
# Speaks the texts of a catalogue into the files that it names: WAV, PCM, 16 kHz,
# 16 bits, mono, which is the only form that the platform plays.
#
#   apt-get install flite sox
#   ./make-prompts.sh [prompts/en-GB.prompts.yaml]
set -eu
catalogue=${1:-$(dirname "$0")/prompts/en-GB.prompts.yaml}
folder=$(dirname "$catalogue")
spoken=$(mktemp)
trap 'rm -f "$spoken"' EXIT

sed -n 's/^[a-z_]*: {file: \([^,]*\), text: "\(.*\)"}$/\1|\2/p' "$catalogue" |
	while IFS='|' read -r file text; do
		flite -voice slt -t "$text" -o "$spoken"
		# Without the silence around it, and as loud as the others.
		sox "$spoken" -r 16000 -c 1 -b 16 -e signed-integer -t wav "$folder/$file" \
			silence 1 0.02 0.3% reverse silence 1 0.02 0.3% reverse pad 0.05 0.1 norm -3
		printf '%s\n' "$folder/$file"
	done
