-- Letters handed out with what is personal in them: as an act, with how many they were in `after`.
ALTER TABLE operator_act DROP CONSTRAINT operator_act_act_check;
ALTER TABLE operator_act ADD CONSTRAINT operator_act_act_check
    CHECK (act IN ('truncated-accept', 'replay-link', 'lanes-resume', 'rejoin', 'letters-raw'));
COMMENT ON TABLE operator_act IS
    'Who moved a position, let a lane go on, had a link sent again, or had letters handed out unmasked; when and why. Only ever added to.';
