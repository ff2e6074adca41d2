-- Sources are asked to say records again.

COMMENT ON COLUMN release.receiver IS
    'institution:<id>; source:<id>, about its own records; or portal: the firm itself.';
