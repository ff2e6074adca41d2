-- Who has which grade by which model: read once a minute, so from an index alone.
CREATE INDEX portrait_standing ON portrait (model, model_version, grade) WHERE model IS NOT NULL;

CREATE VIEW score_standing AS
SELECT model, model_version, grade, count(*) AS scored FROM portrait WHERE model IS NOT NULL GROUP BY model, model_version, grade;
COMMENT ON VIEW score_standing IS
    'How many subjects have each grade now, by the model that gave it. Beside a model''s `population` it shows drift.';
