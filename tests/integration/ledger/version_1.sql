PRAGMA application_id = 1128421196;
PRAGMA user_version = 1;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE job (
    job_id     TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    standing   TEXT NOT NULL,
    is_open    INTEGER NOT NULL,
    expires_at REAL NOT NULL,
    row        TEXT NOT NULL
);
CREATE INDEX job_expiry ON job (expires_at, standing, is_open);
INSERT INTO meta VALUES ('created_at', '2026-02-01T00:00:00+00:00');
INSERT INTO job VALUES ('order-8812-shipped', 2, 'delivered', 0, 1e10,
    '{"job_id":"order-8812-shipped","payload_hash":"5e5e","channel_arn":"arn:aws:chime:us-east-1:111122223333:app-instance/shop/channel/orders","bearer_arn":"arn:aws:chime:us-east-1:111122223333:app-instance/shop/user/backend_worker","listable":true,"renewable":false,"received_at":"2026-02-01T00:00:01Z","delivery_id":"delivery-1","version":2,"claim":{"id":"worker-1","until":"2026-02-01T00:01:00Z"},"state":{"outcome":"delivered","at":"2026-02-01T00:00:02Z","kind":"ended"},"attempts":1,"sends":1,"setbacks":0,"crashes":0,"repair":"none","message_id":"message-1","revision":1,"history":[{"at":"2026-02-01T00:00:02Z","event":"delivered"}]}');
