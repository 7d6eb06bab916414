-- The tables of layout 1, as the first version wrote them.
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE video (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    frame_count INTEGER NOT NULL CHECK (frame_count > 0),
    fps REAL NOT NULL CHECK (fps > 0),
    width INTEGER NOT NULL CHECK (width > 0),
    height INTEGER NOT NULL CHECK (height > 0),
    source_group TEXT NOT NULL
);
CREATE INDEX video_fingerprint ON video (fingerprint);

CREATE TABLE clip (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    start_frame INTEGER NOT NULL CHECK (start_frame >= 0),
    end_frame INTEGER NOT NULL CHECK (end_frame > start_frame),
    subject TEXT,
    roi_x INTEGER, roi_y INTEGER, roi_width INTEGER, roi_height INTEGER
);
CREATE INDEX clip_video ON clip (video, start_frame);

CREATE TABLE action (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL,
    description TEXT NOT NULL,
    position INTEGER NOT NULL
);

CREATE TABLE label (
    clip INTEGER NOT NULL REFERENCES clip (n) ON DELETE CASCADE,
    action INTEGER NOT NULL REFERENCES action (n),
    source TEXT NOT NULL CHECK (source IN ('person', 'import', 'model')),
    said_by TEXT NOT NULL,
    value INTEGER NOT NULL CHECK (value IN (1, -1)),
    confidence REAL,
    time INTEGER NOT NULL,
    PRIMARY KEY (clip, action, source, said_by)
) WITHOUT ROWID;
CREATE INDEX label_action ON label (action, source);

CREATE TABLE video_facet (
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (video, key)
) WITHOUT ROWID;

CREATE TABLE clip_facet (
    clip INTEGER NOT NULL REFERENCES clip (n) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (clip, key)
) WITHOUT ROWID;
CREATE INDEX clip_facet_key ON clip_facet (key, value);

CREATE TABLE change (
    n INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    row_of TEXT NOT NULL,
    before TEXT,
    after TEXT,
    undone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX change_video ON change (video, undone, step);
PRAGMA application_id = 1095002470;
PRAGMA user_version = 1;
