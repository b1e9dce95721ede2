-- Statements that between them use every form, function, operator and type of the algebra. Each follows a line with its name; they
-- are read as PostgreSQL reads them, and tests/data/rendered/ holds what each dialect makes of them.

-- columns
SELECT m.name, m."owner", m.name AS "Odd "" name" FROM dbt_models m
-- star
SELECT * FROM test_result_rows
-- no_from
SELECT 1 AS one, 'it''s' AS t, NULL AS n, TRUE AS y, FALSE AS f, 1.50 AS d, 2147483648 AS big
-- backslash
SELECT name FROM dbt_models WHERE name = '\'' UNION SELECT ssn FROM public.customers --'
-- quote_and_dollar
SELECT 'a''b' AS a, '${x}' AS b, '`' AS c, '"' AS d, '{p1:String}' AS e, '? $1 :1 @p1' AS f
-- comparisons
SELECT id FROM elementary_test_results WHERE failures = 1 OR failures <> 2 AND failures < 3 OR failures <= 4 AND failures > 5 OR failures >= 6
-- not
SELECT id FROM elementary_test_results WHERE NOT (status = 'pass')
-- is_null
SELECT id FROM elementary_test_results WHERE status IS NULL OR severity IS NOT NULL
-- is_true
SELECT model_execution_id FROM dbt_run_results WHERE full_refresh IS TRUE OR full_refresh IS NOT TRUE OR full_refresh IS FALSE OR full_refresh IS NOT FALSE
-- is_distinct
SELECT id FROM elementary_test_results WHERE status IS DISTINCT FROM 'pass' AND severity IS NOT DISTINCT FROM 'ERROR'
-- in_list
SELECT id FROM elementary_test_results WHERE status IN ('fail', 'warn') AND failures NOT IN (1, 2, 3)
-- in_query
SELECT name FROM dbt_models WHERE unique_id IN (SELECT model_unique_id FROM elementary_test_results) AND unique_id NOT IN (SELECT unique_id FROM dbt_tests WHERE unique_id IS NOT NULL)
-- exists
SELECT m.name FROM dbt_models m WHERE EXISTS (SELECT 1 FROM dbt_tests t WHERE t.parent_model_unique_id = m.unique_id) AND NOT EXISTS (SELECT 1 FROM dbt_tests u WHERE u.name = m.name)
-- quantified
SELECT id FROM elementary_test_results WHERE failures = ANY (SELECT failures FROM dbt_run_results) AND failures <> ALL (SELECT rows_affected FROM dbt_run_results)
-- quantified_order
SELECT id FROM elementary_test_results WHERE failures >= ALL (SELECT failures FROM dbt_run_results)
-- between
SELECT id FROM elementary_test_results WHERE failures BETWEEN 1 AND 5 AND detected_at NOT BETWEEN '2026-01-01' AND TIMESTAMP '2026-02-01 00:00:00'
-- text_beside_time
SELECT id FROM elementary_test_results WHERE detected_at >= '2026-01-01 00:00:00'
-- like
SELECT name FROM dbt_models WHERE name LIKE 'stg%' AND name NOT LIKE '%\_x' AND name LIKE 'a!%b!!' ESCAPE '!'
-- ilike
SELECT name FROM dbt_models WHERE name ILIKE 'STG%' OR name NOT ILIKE '%!_X' ESCAPE '!'
-- like_column
SELECT name FROM dbt_models WHERE name LIKE alias
-- arithmetic
SELECT failures + 1 AS a, failures - 1 AS s, failures * 2 AS m, - failures AS n, failures % 7 AS r FROM elementary_test_results
-- divide_whole
SELECT failures / 2 AS q FROM elementary_test_results
-- divide_float
SELECT execution_time / 2 AS q, execution_time / failures AS r, sum(failures) / count(*) AS mean FROM dbt_run_results GROUP BY execution_time, failures
-- divide_decimal
SELECT 7.0 / 2 AS q
-- concat_operator
SELECT name || '.' || alias AS a, name || 1 AS b FROM dbt_models
-- concat_float
SELECT name || execution_time AS b FROM dbt_run_results
-- case_searched
SELECT CASE WHEN status = 'fail' THEN 1 WHEN status = 'warn' THEN 2 ELSE 0 END AS c FROM elementary_test_results
-- case_simple
SELECT CASE status WHEN 'fail' THEN 'bad' ELSE 'good' END AS c FROM elementary_test_results
-- cast_numbers
SELECT CAST(failures AS smallint) AS a, CAST(failures AS integer) AS b, CAST('7' AS bigint) AS c, CAST(failures AS double precision) AS d, CAST(failures AS numeric(12, 2)) AS e, CAST(failures AS numeric) AS f FROM elementary_test_results
-- cast_real
SELECT CAST(execution_time AS real) AS r FROM dbt_run_results
-- cast_fraction
SELECT CAST(execution_time AS integer) AS i FROM dbt_run_results
-- cast_floor
SELECT CAST(floor(execution_time) AS integer) AS i FROM dbt_run_results
-- cast_text
SELECT CAST(failures AS text) AS a, CAST(status AS varchar(3)) AS b FROM elementary_test_results
-- cast_boolean_text
SELECT CAST(full_refresh AS text) AS a FROM dbt_run_results
-- cast_time_text
SELECT CAST(detected_at AS text) AS a FROM elementary_test_results
-- cast_boolean
SELECT CAST(1 AS boolean) AS b
-- cast_times
SELECT CAST(detected_at AS date) AS d, CAST('2026-01-02' AS date) AS e, CAST('2026-01-02 03:04:05' AS timestamp) AS f FROM elementary_test_results
-- cast_timestamptz
SELECT CAST(detected_at AS timestamptz) AS d FROM elementary_test_results
-- cast_time
SELECT CAST('03:04:05' AS time) AS t
-- cast_interval
SELECT CAST('1 day' AS interval) AS i
-- cast_json
SELECT CAST(tags AS json) AS j, CAST(tags AS jsonb) AS b FROM dbt_models
-- cast_uuid
SELECT CAST(invocation_id AS uuid) AS u FROM dbt_invocations
-- typed_literals
SELECT DATE '2026-01-02' AS d, TIMESTAMP '2026-01-02 03:04:05' AS t
-- typed_time
SELECT TIME '03:04:05' AS t
-- typed_timestamptz
SELECT TIMESTAMP WITH TIME ZONE '2026-01-02 03:04:05+02' AS t
-- interval_plus
SELECT detected_at + INTERVAL '1 month 2 days 3 hours' AS a, detected_at - INTERVAL '90 minutes' AS b FROM elementary_test_results
-- interval_days
SELECT detected_at - INTERVAL '7 days' AS a, created_at + INTERVAL '-3 hours' AS b FROM elementary_test_results
-- interval_now
SELECT id FROM elementary_test_results WHERE detected_at > now() - INTERVAL '7 days'
-- interval_alone
SELECT INTERVAL '1 day' AS i
-- interval_of_times
SELECT detected_at - created_at AS i FROM elementary_test_results
-- extract_parts
SELECT EXTRACT(year FROM detected_at) AS a, EXTRACT(quarter FROM detected_at) AS b, EXTRACT(month FROM detected_at) AS c, EXTRACT(day FROM detected_at) AS e, EXTRACT(hour FROM detected_at) AS f, EXTRACT(minute FROM detected_at) AS g, EXTRACT(dow FROM detected_at) AS h, EXTRACT(doy FROM detected_at) AS j FROM elementary_test_results
-- extract_weeks
SELECT EXTRACT(week FROM detected_at) AS d FROM elementary_test_results
-- extract_iso
SELECT EXTRACT(isodow FROM detected_at) AS i, EXTRACT(isoyear FROM detected_at) AS k FROM elementary_test_results
-- extract_second
SELECT EXTRACT(second FROM detected_at) AS s FROM elementary_test_results
-- extract_epoch
SELECT EXTRACT(epoch FROM detected_at) AS s FROM elementary_test_results
-- date_part
SELECT date_part('hour', detected_at) AS h FROM elementary_test_results
-- date_trunc
SELECT date_trunc('year', detected_at) AS a, date_trunc('quarter', detected_at) AS b, date_trunc('month', detected_at) AS c, date_trunc('day', detected_at) AS d, date_trunc('hour', detected_at) AS e, date_trunc('minute', detected_at) AS f, date_trunc('second', detected_at) AS g FROM elementary_test_results
-- date_trunc_week
SELECT date_trunc('week', detected_at) AS a FROM elementary_test_results
-- at_time_zone
SELECT detected_at AT TIME ZONE 'Europe/Berlin' AS a FROM elementary_test_results
-- json_arrow
SELECT CAST(tags AS json) -> 'a' AS a, CAST(tags AS json) ->> 'a' AS b FROM dbt_models
-- json_functions
SELECT json_array_length(CAST(tags AS json)) AS a, jsonb_array_length(CAST(tags AS jsonb)) AS b, json_extract_path_text(CAST(meta AS json), 'a', 'b') AS c, jsonb_extract_path_text(CAST(meta AS jsonb), 'a') AS d FROM dbt_models
-- json_typeof
SELECT json_typeof(CAST(tags AS json)) AS a, jsonb_typeof(CAST(tags AS jsonb)) AS b FROM dbt_models
-- numbers
SELECT abs(failures) AS a, ceil(execution_time) AS b, ceiling(execution_time) AS c, floor(execution_time) AS d, sign(execution_time) AS e, mod(failures, 7) AS f, sqrt(execution_time) AS g, ln(execution_time) AS h, log(execution_time) AS i FROM dbt_run_results
-- round_float
SELECT round(execution_time) AS a FROM dbt_run_results
-- round_mean
SELECT round(avg(failures)) AS a FROM dbt_run_results
-- round_decimal
SELECT round(2.675, 2) AS a
-- trunc
SELECT trunc(2.7) AS a
-- trunc_digits
SELECT trunc(2.675, 2) AS a
-- log_base
SELECT log(2, 8) AS a
-- texts
SELECT lower(name) AS a, upper(name) AS b, length(name) AS c, char_length(name) AS d, left(name, 2) AS e, substr(name, 2, 3) AS f, substr(name, 2) AS g, strpos(name, 'a') AS h, replace(name, 'a', 'b') AS i, reverse(name) AS j, md5(name) AS k FROM dbt_models
-- right
SELECT right(name, 2) AS a FROM dbt_models
-- left_negative
SELECT left(name, -1) AS a FROM dbt_models
-- trims
SELECT btrim(name) AS a, ltrim(name) AS b, rtrim(name) AS c FROM dbt_models
-- trims_of
SELECT btrim(name, 'xy') AS a, ltrim(name, 'x') AS b, rtrim(name, 'x') AS c FROM dbt_models
-- split_part
SELECT split_part(unique_id, '.', 2) AS a FROM dbt_models
-- starts_with
SELECT starts_with(name, 'stg') AS a FROM dbt_models
-- initcap
SELECT initcap(name) AS a FROM dbt_models
-- concat
SELECT concat(name, '-', alias, NULL, 1) AS a FROM dbt_models
-- concat_ws
SELECT concat_ws(',', name, alias) AS a FROM dbt_models
-- age
SELECT age(detected_at, created_at) AS a FROM elementary_test_results
-- to_char
SELECT to_char(detected_at, 'YYYY') AS a FROM elementary_test_results
-- to_date
SELECT to_date('2026-01-02', 'YYYY-MM-DD') AS a
-- to_timestamp
SELECT to_timestamp(0) AS a
-- make_date
SELECT make_date(2026, 1, 2) AS a
-- coalesce
SELECT coalesce(description, 'none') AS a, nullif(name, '') AS b, coalesce(detected_at, '2026-01-01') AS c FROM dbt_models CROSS JOIN elementary_test_results
-- greatest
SELECT greatest(failures, 1, 2) AS a, least(failures, 1) AS b FROM elementary_test_results
-- clock
SELECT now() AS a, CURRENT_TIMESTAMP AS b, LOCALTIMESTAMP AS c, CURRENT_DATE AS d
-- aggregates
SELECT count(*) AS a, count(failures) AS b, count(DISTINCT status) AS c, sum(failures) AS d, avg(failures) AS e, min(detected_at) AS f, max(detected_at) AS g FROM elementary_test_results
-- deviations
SELECT stddev_pop(execution_time) AS a, var_pop(execution_time) AS b FROM dbt_run_results
-- deviations_of_samples
SELECT stddev(execution_time) AS a, stddev_samp(execution_time) AS b, variance(execution_time) AS c, var_samp(execution_time) AS d FROM dbt_run_results
-- booleans
SELECT bool_and(full_refresh) AS a, bool_or(full_refresh) AS b, every(full_refresh) AS c FROM dbt_run_results
-- corr
SELECT corr(execution_time, failures) AS a FROM dbt_run_results
-- string_agg
SELECT string_agg(name, ', ') AS a FROM dbt_models
-- string_agg_sorted
SELECT string_agg(DISTINCT name, ', ' ORDER BY name DESC) AS a FROM dbt_models
-- array_agg
SELECT array_agg(name ORDER BY name) AS a FROM dbt_models
-- filter
SELECT count(*) FILTER (WHERE status = 'fail') AS a, sum(failures) FILTER (WHERE status <> 'pass') AS b, max(detected_at) FILTER (WHERE failures > 0) AS c FROM elementary_test_results
-- percentile_cont
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY execution_time) AS a FROM dbt_run_results
-- percentile_cont_filtered
SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY execution_time) FILTER (WHERE status = 'success') AS a FROM dbt_run_results
-- percentile_disc
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY execution_time DESC) AS a FROM dbt_run_results
-- mode
SELECT mode() WITHIN GROUP (ORDER BY status) AS a FROM dbt_run_results
-- group_by
SELECT status, count(*) AS n FROM elementary_test_results GROUP BY status HAVING count(*) > 1 ORDER BY n DESC, status
-- group_by_expression
SELECT coalesce(status, 'none') || '!' AS s, count(*) AS n FROM elementary_test_results GROUP BY coalesce(status, 'none') ORDER BY coalesce(status, 'none')
-- group_by_constant
SELECT 'x' AS a, 7 AS b, count(*) AS n FROM dbt_models GROUP BY 1, 2
-- order
SELECT name FROM dbt_models ORDER BY name, alias DESC, owner NULLS FIRST, tags DESC NULLS LAST
-- order_by_output
SELECT name, length(name) AS l FROM dbt_models ORDER BY l DESC LIMIT 5
-- limit
SELECT name FROM dbt_models ORDER BY name LIMIT 10
-- limit_offset
SELECT name FROM dbt_models ORDER BY name LIMIT 10 OFFSET 20
-- offset
SELECT name FROM dbt_models ORDER BY name OFFSET 20
-- fetch
SELECT name FROM dbt_models ORDER BY name OFFSET 5 ROWS FETCH NEXT 3 ROWS ONLY
-- distinct
SELECT DISTINCT coalesce(owner, 'x') AS a FROM dbt_models ORDER BY a
-- distinct_on
SELECT DISTINCT ON (test_unique_id) test_unique_id, status, detected_at FROM elementary_test_results ORDER BY test_unique_id, detected_at DESC
-- distinct_on_bare
SELECT DISTINCT ON (owner) owner, name FROM dbt_models
-- joins
SELECT r.status, t.short_name FROM elementary_test_results r INNER JOIN dbt_tests t ON t.unique_id = r.test_unique_id LEFT JOIN dbt_models m ON m.unique_id = r.model_unique_id
-- join_right
SELECT r.status, t.short_name FROM elementary_test_results r RIGHT JOIN dbt_tests t ON t.unique_id = r.test_unique_id
-- join_full
SELECT r.status, unique_id FROM dbt_tests t FULL JOIN dbt_run_results r USING (unique_id)
-- join_cross
SELECT r.status FROM elementary_test_results r CROSS JOIN dbt_tests t
-- join_nested
SELECT r.status FROM elementary_test_results r LEFT JOIN (dbt_tests t INNER JOIN dbt_models m ON m.unique_id = t.parent_model_unique_id) ON t.unique_id = r.test_unique_id
-- derived
SELECT d.n FROM (SELECT count(*) AS n FROM dbt_models) AS d
-- derived_doubled_names
SELECT d.b FROM (SELECT name AS a, owner AS a FROM dbt_models) AS d(x, b)
-- cte
WITH latest AS (SELECT test_unique_id, max(detected_at) AS at FROM elementary_test_results GROUP BY test_unique_id) SELECT r.status FROM elementary_test_results r INNER JOIN latest l ON l.test_unique_id = r.test_unique_id AND l.at = r.detected_at
-- cte_materialized
WITH a AS MATERIALIZED (SELECT name FROM dbt_models), b AS NOT MATERIALIZED (SELECT name FROM a) SELECT name FROM b
-- cte_doubled_names
WITH a(x, y) AS (SELECT name, name FROM dbt_models) SELECT y FROM a
-- union
SELECT name FROM dbt_models UNION SELECT name FROM dbt_tests
-- union_all_sorted
SELECT name AS n FROM dbt_models UNION ALL SELECT name FROM dbt_tests ORDER BY n LIMIT 3
-- intersect
SELECT name FROM dbt_models INTERSECT SELECT name FROM dbt_tests
-- except
SELECT name FROM dbt_models EXCEPT SELECT name FROM dbt_tests
-- intersect_all
SELECT name FROM dbt_models INTERSECT ALL SELECT name FROM dbt_tests
-- except_all
SELECT name FROM dbt_models EXCEPT ALL SELECT name FROM dbt_tests
-- scalar_subquery
SELECT name, (SELECT count(*) FROM dbt_tests) AS n FROM dbt_models
-- window_ranks
SELECT row_number() OVER (PARTITION BY owner ORDER BY name) AS a, rank() OVER (ORDER BY name) AS b, dense_rank() OVER (ORDER BY name DESC) AS c FROM dbt_models
-- window_shares
SELECT percent_rank() OVER (ORDER BY name) AS a, cume_dist() OVER (ORDER BY name) AS b, ntile(4) OVER (ORDER BY name) AS c FROM dbt_models
-- window_neighbours
SELECT lag(status) OVER (ORDER BY detected_at) AS a, lead(status, 2) OVER (ORDER BY detected_at) AS b FROM elementary_test_results
-- window_neighbours_default
SELECT lag(status, 1, 'none') OVER (ORDER BY detected_at) AS a FROM elementary_test_results
-- window_values
SELECT first_value(status) OVER (ORDER BY detected_at) AS a, last_value(status) OVER (ORDER BY detected_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS b, nth_value(status, 2) OVER (ORDER BY detected_at) AS c FROM elementary_test_results
-- window_sum
SELECT sum(failures) OVER (PARTITION BY test_unique_id) AS a FROM elementary_test_results
-- window_running_sum
SELECT sum(failures) OVER (ORDER BY detected_at) AS a FROM elementary_test_results
-- window_rows
SELECT avg(failures) OVER (ORDER BY detected_at ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS a, count(*) FILTER (WHERE status = 'fail') OVER (ORDER BY detected_at ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS b FROM elementary_test_results
-- window_range
SELECT sum(failures) OVER (ORDER BY failures RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS a FROM elementary_test_results
-- window_groups
SELECT sum(failures) OVER (ORDER BY failures GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS a FROM elementary_test_results
-- window_named
SELECT sum(failures) OVER w AS a FROM elementary_test_results WINDOW w AS (PARTITION BY status ORDER BY detected_at ROWS UNBOUNDED PRECEDING)
