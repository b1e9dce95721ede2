-- The same for DuckDB, where an address is text: its inet type comes from an extension that is not loaded here.
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
    created_at timestamptz,
    updated_at timestamptz,
    _loaded_at timestamptz,
    marketing_opt_in boolean default false
);

create table raw_app.orders (
    id bigint not null,
    customer_id bigint,
    status text,
    amount_cents integer,
    currency character varying(3),
    ip_address text,
    shipping_address text,
    placed_at timestamptz,
    _loaded_at timestamptz
);

create table raw_app.payments (
    id bigint not null,
    order_id bigint,
    method text,
    card_last4 character varying(4),
    card_token text,
    iban text,
    amount_cents integer,
    created_at timestamptz,
    _loaded_at timestamptz
);

create table raw_app.support_tickets (
    id bigint not null,
    customer_id bigint,
    body text,
    opened_at timestamptz,
    _loaded_at timestamptz,
    channel text default 'email'
);

create table raw_web.page_events (
    event_id bigint not null,
    session_id text,
    user_id bigint,
    page_url text,
    user_agent text,
    ip text,
    event_at timestamptz,
    _loaded_at timestamptz
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
    rotated_at timestamptz
);
