-- Raw schemas of the same warehouse: what must never be readable. Every value is synthetic; each canary contains "cnry".
create schema raw_app;
create schema raw_web;
create schema hr;

create table raw_app.customers (
    id bigint not null,
    first_name text,
    last_name text,
    email text,
    phone text,
    ssn text,
    date_of_birth date,
    street_address text,
    city text,
    country character varying(2),
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    _loaded_at timestamp with time zone,
    marketing_opt_in boolean default false
);

create table raw_app.orders (
    id bigint not null,
    customer_id bigint,
    status text,
    amount_cents integer,
    currency character varying(3),
    ip_address inet,
    shipping_address text,
    placed_at timestamp with time zone,
    _loaded_at timestamp with time zone
);

create table raw_app.payments (
    id bigint not null,
    order_id bigint,
    method text,
    card_last4 character varying(4),
    card_token text,
    iban text,
    amount_cents integer,
    created_at timestamp with time zone,
    _loaded_at timestamp with time zone
);

create table raw_app.support_tickets (
    id bigint not null,
    customer_id bigint,
    body text,
    opened_at timestamp with time zone,
    _loaded_at timestamp with time zone,
    channel text default 'email'::text
);

create table raw_web.page_events (
    event_id bigint not null,
    session_id text,
    user_id bigint,
    page_url text,
    user_agent text,
    ip inet,
    event_at timestamp with time zone,
    _loaded_at timestamp with time zone
);

create table hr.employees (
    employee_id integer not null,
    full_name text,
    work_email text,
    salary_eur numeric(10,2),
    bank_account text,
    hired_on date
);

create table hr.api_credentials (
    service text not null,
    username text,
    secret text,
    rotated_at timestamp with time zone
);
