-- A project of layout 3, as the program of that time wrote it: two videos, bouts that two models found, two open bouts.
CREATE TABLE action (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL,
    description TEXT NOT NULL,
    position INTEGER NOT NULL
);
INSERT INTO "action" VALUES(1,'walk','#0072B2','',1);
INSERT INTO "action" VALUES(2,'groom','#E69F00','',2);
INSERT INTO "action" VALUES(3,'eat','#009E73','',3);
CREATE TABLE change (
    n INTEGER PRIMARY KEY,
    step INTEGER NOT NULL REFERENCES step (n) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    clip INTEGER NOT NULL,
    row_of TEXT NOT NULL,
    before TEXT,
    after TEXT
);
INSERT INTO "change" VALUES(1,1,1,1,'clip',NULL,'{"n":1,"id":"a0116b1a0b0c4231a6ca6add3613a984","video":1,"start_frame":0,"end_frame":5,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}');
INSERT INTO "change" VALUES(2,2,1,1,'label',NULL,'{"clip":1,"action":1,"source":"person","said_by":"Ada","value":1,"confidence":null,"time":1796034311352635}');
INSERT INTO "change" VALUES(3,3,1,2,'clip',NULL,'{"n":2,"id":"ae6ab44d4f2944db93f14e229911c0b5","video":1,"start_frame":0,"end_frame":6,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}');
INSERT INTO "change" VALUES(4,3,1,3,'clip',NULL,'{"n":3,"id":"e413181c4e53413bab7e311527b3926c","video":1,"start_frame":8,"end_frame":12,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}');
INSERT INTO "change" VALUES(5,3,1,4,'clip',NULL,'{"n":4,"id":"3baf47836a5d4ecb8d1142bed6f94f48","video":1,"start_frame":14,"end_frame":20,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}');
INSERT INTO "change" VALUES(6,3,1,2,'label',NULL,'{"clip":2,"action":1,"source":"model","said_by":"first","value":1,"confidence":"0.9","time":1796034311409915}');
INSERT INTO "change" VALUES(7,3,1,3,'label',NULL,'{"clip":3,"action":3,"source":"model","said_by":"first","value":1,"confidence":"0.6","time":1796034311409915}');
INSERT INTO "change" VALUES(8,3,1,4,'label',NULL,'{"clip":4,"action":1,"source":"model","said_by":"first","value":1,"confidence":"0.8","time":1796034311409915}');
INSERT INTO "change" VALUES(9,4,1,3,'label',NULL,'{"clip":3,"action":3,"source":"person","said_by":"Ada","value":1,"confidence":null,"time":1796034311444753}');
INSERT INTO "change" VALUES(10,5,1,2,'label','{"clip":2,"action":1,"source":"model","said_by":"first","value":1,"confidence":"0.9","time":1796034311409915}',NULL);
INSERT INTO "change" VALUES(11,5,1,4,'label','{"clip":4,"action":1,"source":"model","said_by":"first","value":1,"confidence":"0.8","time":1796034311409915}',NULL);
INSERT INTO "change" VALUES(12,5,1,2,'clip','{"n":2,"id":"ae6ab44d4f2944db93f14e229911c0b5","video":1,"start_frame":0,"end_frame":6,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}',NULL);
INSERT INTO "change" VALUES(13,5,1,4,'clip','{"n":4,"id":"3baf47836a5d4ecb8d1142bed6f94f48","video":1,"start_frame":14,"end_frame":20,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}',NULL);
INSERT INTO "change" VALUES(14,5,1,5,'clip',NULL,'{"n":5,"id":"e3e63f7334584b9797f694a91c474097","video":1,"start_frame":30,"end_frame":40,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}');
INSERT INTO "change" VALUES(15,5,1,5,'label',NULL,'{"clip":5,"action":1,"source":"model","said_by":"second","value":1,"confidence":"0.75","time":1796034311469978}');
INSERT INTO "change" VALUES(16,6,2,6,'clip',NULL,'{"n":6,"id":"eff47b64aefd4dacb43704d1a39663b6","video":2,"start_frame":0,"end_frame":9,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}');
INSERT INTO "change" VALUES(17,6,2,7,'clip',NULL,'{"n":7,"id":"c424ddae827c4e08ad9ed7247a63307a","video":2,"start_frame":20,"end_frame":31,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}');
INSERT INTO "change" VALUES(18,6,2,6,'label',NULL,'{"clip":6,"action":1,"source":"model","said_by":"first","value":1,"confidence":"0.5","time":1796034311488857}');
INSERT INTO "change" VALUES(19,6,2,7,'label',NULL,'{"clip":7,"action":3,"source":"model","said_by":"first","value":1,"confidence":"0.625","time":1796034311488857}');
INSERT INTO "change" VALUES(20,7,2,6,'label','{"clip":6,"action":1,"source":"model","said_by":"first","value":1,"confidence":"0.5","time":1796034311488857}',NULL);
INSERT INTO "change" VALUES(21,7,2,7,'label','{"clip":7,"action":3,"source":"model","said_by":"first","value":1,"confidence":"0.625","time":1796034311488857}',NULL);
INSERT INTO "change" VALUES(22,7,2,6,'clip','{"n":6,"id":"eff47b64aefd4dacb43704d1a39663b6","video":2,"start_frame":0,"end_frame":9,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}',NULL);
INSERT INTO "change" VALUES(23,7,2,7,'clip','{"n":7,"id":"c424ddae827c4e08ad9ed7247a63307a","video":2,"start_frame":20,"end_frame":31,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}',NULL);
INSERT INTO "change" VALUES(24,7,2,8,'clip',NULL,'{"n":8,"id":"8177483b5a6a4d5b9ad2d68097eb672f","video":2,"start_frame":50,"end_frame":77,"subject":null,"roi_x":null,"roi_y":null,"roi_width":null,"roi_height":null}');
INSERT INTO "change" VALUES(25,7,2,8,'label',NULL,'{"clip":8,"action":2,"source":"model","said_by":"second","value":1,"confidence":"0.875","time":1796034311517138}');
CREATE TABLE clip (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    start_frame INTEGER NOT NULL CHECK (start_frame >= 0),
    end_frame INTEGER NOT NULL CHECK (end_frame > start_frame),
    subject TEXT,
    roi_x INTEGER, roi_y INTEGER, roi_width INTEGER, roi_height INTEGER
);
INSERT INTO "clip" VALUES(1,'a0116b1a0b0c4231a6ca6add3613a984',1,0,5,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clip" VALUES(3,'e413181c4e53413bab7e311527b3926c',1,8,12,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clip" VALUES(5,'e3e63f7334584b9797f694a91c474097',1,30,40,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clip" VALUES(6,'eff47b64aefd4dacb43704d1a39663b6',2,0,9,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clip" VALUES(7,'c424ddae827c4e08ad9ed7247a63307a',2,20,31,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE clip_facet (
    clip INTEGER NOT NULL REFERENCES clip (n) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (clip, key)
) WITHOUT ROWID;
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
INSERT INTO "label" VALUES(1,1,'person','Ada',1,NULL,1796034311352635);
INSERT INTO "label" VALUES(3,3,'model','second',1,0.7,1796034311469384);
INSERT INTO "label" VALUES(3,3,'person','Ada',1,NULL,1796034311444753);
INSERT INTO "label" VALUES(5,1,'model','second',1,0.75,1796034311469978);
INSERT INTO "label" VALUES(6,1,'model','first',1,0.5,1796034311488857);
INSERT INTO "label" VALUES(7,3,'model','first',1,0.625,1796034311488857);
CREATE TABLE review (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    clip INTEGER NOT NULL REFERENCES clip (n) ON DELETE CASCADE,
    answer TEXT NOT NULL CHECK (answer IN ('confirmed', 'corrected', 'denied', 'skipped', 'excluded')),
    said TEXT NOT NULL,
    said_by TEXT NOT NULL,
    time INTEGER NOT NULL,
    model TEXT NOT NULL,
    predicted TEXT NOT NULL,
    confidence REAL,
    asked TEXT NOT NULL
);
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "setting" VALUES('open_bouts/969a910fb768492cacc0d54eba5e9513','{"eat": 120, "groom": 7}');
INSERT INTO "setting" VALUES('predicted_bouts/8a392973794b4bc2a5ec09baf751399d','[{"model": "first", "time": "2026-11-30T10:25:11+00:00", "about": {"window": 2.0}, "clips": {"ae6ab44d4f2944db93f14e229911c0b5": [0, 6], "e413181c4e53413bab7e311527b3926c": [8, 12], "3baf47836a5d4ecb8d1142bed6f94f48": [14, 20]}}, {"model": "second", "time": "2026-11-30T10:25:11+00:00", "about": {"window": 1.0}, "clips": {"e3e63f7334584b9797f694a91c474097": [30, 40], "e413181c4e53413bab7e311527b3926c": [8, 12]}}]');
INSERT INTO "setting" VALUES('predicted_bouts/969a910fb768492cacc0d54eba5e9513','[{"model": "first", "time": "2026-11-30T10:25:11+00:00", "about": {"window": 2.0}, "clips": {"eff47b64aefd4dacb43704d1a39663b6": [0, 9], "c424ddae827c4e08ad9ed7247a63307a": [20, 31]}}, {"model": "second", "time": "2026-11-30T10:25:11+00:00", "about": {"window": 1.0}, "clips": {"8177483b5a6a4d5b9ad2d68097eb672f": [50, 77]}}]');
CREATE TABLE step (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    said_by TEXT,
    time INTEGER NOT NULL,
    at INTEGER NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "step" VALUES(1,'Ada',1796034311300724,1,0);
INSERT INTO "step" VALUES(2,'Ada',1796034311352910,2,0);
INSERT INTO "step" VALUES(3,'Ada',1796034311410396,3,0);
INSERT INTO "step" VALUES(4,'Ada',1796034311444888,4,0);
INSERT INTO "step" VALUES(5,'Ada',1796034311470164,5,0);
INSERT INTO "step" VALUES(6,'Ada',1796034311489030,6,0);
INSERT INTO "step" VALUES(7,'Ada',1796034311541316,8,1);
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
INSERT INTO "video" VALUES(1,'8a392973794b4bc2a5ec09baf751399d','a.mp4','of a.mp4',500,25.0,64,48,'a.mp4');
INSERT INTO "video" VALUES(2,'969a910fb768492cacc0d54eba5e9513','b.mp4','of b.mp4',500,25.0,64,48,'b.mp4');
CREATE TABLE video_facet (
    video INTEGER NOT NULL REFERENCES video (n) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (video, key)
) WITHOUT ROWID;
CREATE INDEX video_fingerprint ON video (fingerprint);
CREATE INDEX clip_video ON clip (video, start_frame);
CREATE INDEX label_action ON label (action, source);
CREATE INDEX clip_facet_key ON clip_facet (key, value);
CREATE INDEX step_of ON step (said_by, undone);
CREATE INDEX step_at ON step (at);
CREATE INDEX change_step ON change (step);
CREATE INDEX change_clip ON change (clip)
;
CREATE INDEX review_clip ON review (clip);
CREATE INDEX review_model ON review (model, asked)
;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('video',2);
INSERT INTO "sqlite_sequence" VALUES('clip',8);
INSERT INTO "sqlite_sequence" VALUES('step',7);
INSERT INTO "sqlite_sequence" VALUES('action',3);
PRAGMA application_id = 1095002470;
PRAGMA user_version = 3;
