"""Amazon Chime SDK messaging and identity, imitated: as an object (state), and over HTTP (app)."""
