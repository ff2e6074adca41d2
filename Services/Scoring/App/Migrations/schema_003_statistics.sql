-- Nobody asks for portraits or scores by what is in these.
ALTER TABLE portrait ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE score_history ALTER COLUMN reasons SET STATISTICS 0;
ALTER TABLE score_history ALTER COLUMN indicators SET STATISTICS 0;
